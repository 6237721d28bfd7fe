import protobuf from 'protobufjs';

/** The part of tensorboard/compat/proto/{event,summary}.proto that is written here. */
const MESSAGES = {
  Event: {
    fields: {
      wallTime: { id: 1, type: 'double' },
      step: { id: 2, type: 'int64' },
      fileVersion: { id: 3, type: 'string' },
      summary: { id: 5, type: 'Summary' },
      sessionLog: { id: 7, type: 'SessionLog' },
    },
  },
  Summary: { fields: { value: { id: 1, type: 'Value', rule: 'repeated' } } },
  Value: {
    // Else a number that is 0 would be left out, and a value of no kind is passed over.
    oneofs: { value: { oneof: ['simpleValue', 'image'] } },
    fields: {
      tag: { id: 1, type: 'string' },
      simpleValue: { id: 2, type: 'float' },
      image: { id: 4, type: 'Image' },
    },
  },
  Image: {
    fields: {
      height: { id: 1, type: 'int32' },
      width: { id: 2, type: 'int32' },
      colorspace: { id: 3, type: 'int32' },
      encodedImageString: { id: 4, type: 'bytes' },
    },
  },
  SessionLog: { fields: { status: { id: 1, type: 'int32' } } },
};

const EventProto = protobuf.Root.fromJSON({ nested: MESSAGES }).lookupType('Event');

/** SessionLog.SessionStatus */
export const SESSION_START = 1;

/** An image summary; `colorspace` is its number of channels: 1 grey, 3 red, green, blue. */
export interface ImageMessage {
  readonly height: number;
  readonly width: number;
  readonly colorspace: 1 | 3;
  /** The bytes of a PNG file. */
  readonly encodedImageString: Uint8Array;
}

export type SummaryValue =
  | { readonly tag: string; readonly simpleValue: number }
  | { readonly tag: string; readonly image: ImageMessage };

/** One message of an event file: when it was written, the step that it is about, and one of three contents. */
export interface EventMessage {
  /** Seconds since 1970. */
  readonly wallTime: number;
  readonly step?: number;
  readonly fileVersion?: string;
  readonly summary?: { readonly value: readonly SummaryValue[] };
  readonly sessionLog?: { readonly status: number };
}

export const encodeEvent = (event: EventMessage): Uint8Array =>
  EventProto.encode(EventProto.fromObject(event)).finish();
