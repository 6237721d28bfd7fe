import type Sharp from 'sharp';

/** The image library, loaded by whoever first needs it: a command that touches no image starts without it. */
export const loadSharp = async (): Promise<typeof Sharp> => (await import('sharp')).default;
