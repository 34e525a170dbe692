"""The offline verifiers: programs of their own, which import nothing of this package. See docs/formats/bundle.md."""
