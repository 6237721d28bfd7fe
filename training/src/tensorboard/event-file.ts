import { type FileHandle, mkdir, open, readdir } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { encodeEvent, type EventMessage, SESSION_START } from './event.js';
import { tfRecord } from './tf-record.js';

const FILE_VERSION = 'brain.Event:2';
const NAME = /^events\.out\.tfevents\.(\d{10})\./;

/** An image for TensorBoard. */
export interface LoggedImage {
  /** The bytes of a PNG file. */
  readonly png: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
}

/**
 * A file that TensorBoard reads, `events.out.tfevents.*`, and appends to: one for each start of a run, all in one folder.
 * Every event is one write of a whole record, so that a process that dies leaves at most its last event unread.
 */
export class EventFile {
  private constructor(private readonly file: FileHandle) {}

  /**
   * Makes the next file of a folder, which is made if it is not there.
   *
   * @param step steps of the run that had been taken; what earlier files hold of later steps TensorBoard drops
   * @throws the file system's error if the folder or the file cannot be written
   */
  static async open(folder: string, step: number): Promise<EventFile> {
    await mkdir(folder, { recursive: true });
    const events = new EventFile(await open(await nextPath(folder), 'wx'));
    await events.#write({ fileVersion: FILE_VERSION });
    // TensorBoard drops the events of earlier files from the step of a start on, that step included.
    await events.#write({ step: step + 1, sessionLog: { status: SESSION_START } });
    return events;
  }

  /** Adds numbers of one step, by their tags. */
  async scalars(step: number, values: Readonly<Record<string, number>>): Promise<void> {
    const value = Object.entries(values).map(([tag, simpleValue]) => ({ tag, simpleValue }));
    await this.#write({ step, summary: { value } });
  }

  async image(step: number, tag: string, { png, width, height, channels }: LoggedImage): Promise<void> {
    const image = { width, height, colorspace: channels, encodedImageString: png };
    await this.#write({ step, summary: { value: [{ tag, image }] } });
  }

  close = (): Promise<void> => this.file.close();

  async #write(event: Omit<EventMessage, 'wallTime'>): Promise<void> {
    await this.file.appendFile(tfRecord(encodeEvent({ wallTime: Date.now() / 1000, ...event })));
  }
}

/**
 * TensorBoard reads a folder's files in the order of their names, which begin with the second that they were made in:
 * the next one is named after now, or after the second that follows the last one's.
 */
async function nextPath(folder: string): Promise<string> {
  const seconds = (await readdir(folder)).map((name) => Number(NAME.exec(name)?.[1] ?? 0));
  const second = Math.max(Math.floor(Date.now() / 1000), ...seconds.map((last) => last + 1));
  return join(folder, `events.out.tfevents.${String(second).padStart(10, '0')}.${hostname()}.${process.pid}`);
}
