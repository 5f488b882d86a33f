// What is shown is asked for again and again: each second while the page is seen, less and less often while nobody answers.
import { Unreachable } from "./api.js";

const patience = [1, 2, 4, 8, 15];

const tasks = new Set();
let failures = 0;
let timer = 0;
let running = false;
let tell = () => {};

/** @param {(state: "live"|"paused"|"lost", seconds?: number) => void} listener  told how the connection fares */
export const onLink = (listener) => { tell = listener; };

/**
 * @param {number} period  seconds
 * @param {() => Promise<void>} action
 * @returns {{stop(): void, now(): Promise<void>}}
 */
export function poll(period, action) {
  const task = { period, action, due: 0 };
  tasks.add(task);
  soon();
  return {
    stop: () => tasks.delete(task),
    now: () => { task.due = 0; return turn(); },
  };
}

/** Everything is asked for at once: something has changed. */
export function refresh() {
  for (const task of tasks) task.due = 0;
  soon();
}

function soon() {
  clearTimeout(timer);
  timer = setTimeout(turn, 0);
}

async function turn() {
  clearTimeout(timer);
  if (document.hidden) return tell("paused");
  if (running) return;
  running = true;
  const now = performance.now();
  const due = [...tasks].filter((task) => task.due <= now);
  for (const task of due) task.due = now + task.period * 1000 - 20;
  const results = await Promise.allSettled(due.map((task) => task.action()));
  running = false;
  const failed = results.filter((result) => result.status === "rejected").map((result) => result.reason);
  for (const failure of failed.filter((reason) => !reason.status && !(reason instanceof Unreachable))) console.error(failure);
  if (failed.some((reason) => reason instanceof Unreachable)) {
    const wait = patience[Math.min(failures++, patience.length - 1)];
    for (const task of tasks) task.due = 0;
    tell("lost", wait);
    timer = setTimeout(turn, wait * 1000);
    return;
  }
  if (due.length > 0) {
    failures = 0;
    tell("live");
  }
  const next = Math.min(...[...tasks].map((task) => task.due), performance.now() + 1000);
  timer = setTimeout(turn, Math.max(50, next - performance.now()));
}

document.addEventListener("visibilitychange", () => (document.hidden ? turn() : refresh()));
