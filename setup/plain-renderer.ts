// Progress without a terminal: a line when a step starts, changes what it does, or ends, and a sign of life between.
import { type ListrRenderer, ListrTaskEventType, ListrTaskState } from "listr2";
import { formatSeconds } from "./durations.ts";

/** Seconds without any line after which one tells that work goes on. */
const heartbeatSeconds = 14;

/** Seconds between two lines of one step that counts something up. */
const repeatSeconds = 10;

interface ShownTask {
  title?: string;
  on(event: ListrTaskEventType.STATE, handler: (state: ListrTaskState) => void): void;
  on(event: ListrTaskEventType.OUTPUT, handler: (text: string) => void): void;
}

interface Running {
  since: number;
  activity: string;
  shown: string;
  shownAt: number;
}

/** An activity without its numbers: `compiling (12 of 90)` and `compiling (13 of 90)` are one. */
function kindOf(activity: string): string {
  return activity.replaceAll(/\d+/g, "#");
}

/** Renderer for listr2 that writes plain lines to standard error. */
export class PlainRenderer implements ListrRenderer {
  static nonTTY = true;
  static rendererOptions: Record<PropertyKey, never> = {};
  static rendererTaskOptions: Record<PropertyKey, never> = {};
  private readonly tasks: readonly ShownTask[];
  private readonly running = new Map<string, Running>();
  private readonly begin = Date.now();
  private lastLine = Date.now();
  private timer: NodeJS.Timeout | undefined;

  constructor(tasks: readonly ShownTask[]) {
    this.tasks = tasks;
  }

  render(): void {
    for (const task of this.tasks) {
      const title = task.title ?? "";
      task.on(ListrTaskEventType.STATE, (state) => this.onState(title, state));
      task.on(ListrTaskEventType.OUTPUT, (text) => this.onActivity(title, text.trim()));
    }
    this.timer = setInterval(() => this.beat(), 1000);
  }

  end(): void {
    clearInterval(this.timer);
  }

  private write(text: string): void {
    const at = formatSeconds((Date.now() - this.begin) / 1000);
    process.stderr.write(`[${at.padStart(11)}] ${text}\n`);
    this.lastLine = Date.now();
  }

  private onState(title: string, state: ListrTaskState): void {
    const task = this.running.get(title);
    if (state === ListrTaskState.STARTED) {
      this.running.set(title, { since: Date.now(), activity: "", shown: "", shownAt: 0 });
    } else if (state === ListrTaskState.COMPLETED || state === ListrTaskState.FAILED) {
      const took = formatSeconds((Date.now() - (task?.since ?? Date.now())) / 1000);
      this.running.delete(title);
      this.write(`${title}: ${state === ListrTaskState.COMPLETED ? "ready" : "FAILED"} after ${took}`);
    }
  }

  private onActivity(title: string, activity: string): void {
    const task = this.running.get(title);
    if (task === undefined || activity === "") return;
    task.activity = activity;
    const news = kindOf(activity) !== kindOf(task.shown);
    if (!news && Date.now() - task.shownAt < repeatSeconds * 1000) return;
    task.shown = activity;
    task.shownAt = Date.now();
    this.write(`${title}: ${activity}`);
  }

  private beat(): void {
    if (Date.now() - this.lastLine < heartbeatSeconds * 1000 || this.running.size === 0) return;
    const all = [...this.running].map(([title, task]) => `${title} (${task.activity || "working"})`);
    this.write(`still at work: ${all.join(", ")}`);
  }
}
