/**
 * Colours that people with any of the common colour blindnesses tell apart (after Okabe and Ito, https://jfly.uni-koeln.de/color/), darkened on white and
 * lightened on black until words in them have a contrast of 4.5 : 1 with the page. Each has a dash pattern of its own too: colour never stands alone.
 */
export const colours: readonly { readonly light: string; readonly dark: string; readonly dash: string }[] = [
  { light: '#0067a8', dark: '#5ab8f0', dash: 'none' },
  { light: '#b84900', dark: '#ff9351', dash: '6 3' },
  { light: '#00815c', dark: '#2fc99a', dash: '2 3' },
  { light: '#9c4a7b', dark: '#e59ac6', dash: '9 3 2 3' },
  { light: '#8a6a00', dark: '#e6c229', dash: '12 4' },
  { light: '#4d5b66', dark: '#a9b8c4', dash: '4 2 1 2' },
  { light: '#5a3fb0', dark: '#b3a1ff', dash: '1 2' },
  { light: '#a8323e', dark: '#ff8f98', dash: '8 2 8 6' },
];

/** The class that gives an element the colour and dash number `index`; they begin anew after the last. */
export const tone = (index: number): string => `t${index % colours.length}`;
