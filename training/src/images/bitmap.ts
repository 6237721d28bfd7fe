/** Eight bits a channel, row-major, channels last: grey (1) or red, green, blue (3). */
export interface Bitmap {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  readonly data: Uint8Array;
}
