"use strict";
const box = document.getElementById("search");
const parts = Array.from(document.querySelectorAll("[data-part]"), (part) => [part, part.textContent.toLowerCase()]);
const sections = Array.from(document.querySelectorAll("section"));
const count = document.getElementById("count");
box.addEventListener("input", () => {
  const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const [part, text] of parts) {
    part.hidden = !words.every((word) => text.includes(word));
    shown += !part.hidden;
  }
  for (const section of sections) section.hidden = !section.querySelector("[data-part]:not([hidden])");
  count.textContent = words.length ? `${shown} of ${parts.length}` : "";
});
