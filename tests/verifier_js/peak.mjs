// Says on stderr, when the process ends, how much memory it ever had, in KiB: what the kernel counts since its exec.
import { readFileSync } from "node:fs";

process.on("exit", () => console.error(/VmHWM:\s*(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))[1]));
