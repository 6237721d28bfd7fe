/** What all charts of the lab share. */
export const base = (title: string, subtitle?: string) => ({
  $schema: 'https://vega.github.io/schema/vega-lite/v5.json' as const,
  background: 'white',
  padding: 16,
  // A label on each of thousands of marks would be most of the file.
  config: { aria: false },
  title: {
    text: title,
    ...(subtitle && { subtitle }),
    anchor: 'start' as const,
    subtitleColor: GREY,
    offset: 12,
  },
});

export const GREY = '#64748b';
