/** The GPU device went away: a driver was reset, a laptop changed its GPU, or someone called `device.destroy()`. */
export class DeviceLostError extends Error {
  override readonly name = 'DeviceLostError';

  constructor(why: string) {
    super(`The GPU device was lost (${why}); load the model again.`);
  }
}
