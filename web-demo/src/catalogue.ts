/** One model that the page offers: an entry of `public/models/index.json`. */
export interface CatalogueEntry {
  /** Its name in the page's address. */
  readonly id: string;
  /** The file beside `index.json`. */
  readonly file: string;
  readonly title: string;
  readonly note: string;
  /** What the controls start with. `steps` is the number of steps, or of steps per level for an annealed sampler. */
  readonly steps: number;
  readonly guidance?: number;
}

const folder = new URL('./models/', document.baseURI);

/** @throws Error if the list cannot be fetched, is not JSON or is empty. */
export async function loadCatalogue(): Promise<CatalogueEntry[]> {
  const address = new URL('index.json', folder);
  const response = await fetch(address);
  if (!response.ok)
    throw new Error(`The list of models, ${address.pathname}, gives HTTP ${response.status}.`);
  const entries = (await response.json()) as CatalogueEntry[];
  if (entries.length === 0) throw new Error(`The list of models, ${address.pathname}, is empty.`);
  return entries;
}

export const addressOf = (entry: CatalogueEntry): string => new URL(entry.file, folder).href;
