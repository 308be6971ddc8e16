/**
 * What a test asks of a page from within the browser; `globalThis.probe` of every page that the tests open. Plain JavaScript,
 * because the project's types know no document.
 */
const all = (selector) => [...document.querySelectorAll(selector)];

const nameOf = (element) => `<${element.localName}${element.id === '' ? '' : ` id=${element.id}`}>`;

/** What somebody who cannot see the page would miss, or what a rule of HTML forbids; one sentence each. */
function findFaults() {
  const ids = all('[id]').map(({ id }) => id);
  const levels = all('h1, h2, h3, h4, h5, h6').map((heading) => Number(heading.localName[1]));
  return [
    ...all('table').flatMap((table) => (table.caption?.textContent.trim() ? [] : [`${nameOf(table)} has no caption`])),
    ...all('th').flatMap((th) => (th.scope ? [] : [`the heading ${th.textContent} has no scope`])),
    ...all('tbody tr').flatMap((row) => (row.querySelector('th') ? [] : [`a row has no heading: ${row.textContent}`])),
    ...all('svg').flatMap((svg) =>
      svg.getAttribute('role') === 'img' && named(svg) ? [] : [`${nameOf(svg)} is an image without words`],
    ),
    ...ids.filter((id, at) => ids.indexOf(id) !== at).map((id) => `the id ${id} is there twice`),
    ...all('[aria-labelledby]').flatMap((one) => (named(one) ? [] : [`${nameOf(one)} is labelled by nothing`])),
    ...all('a').flatMap((link) => (link.textContent.trim() ? [] : [`a link to ${link.href} has no words`])),
    ...all('a[href^="#"]').flatMap((link) =>
      document.getElementById(link.hash.slice(1)) ? [] : [`${link.hash} leads nowhere`],
    ),
    ...levels
      .filter((level, at) => level > (levels[at - 1] ?? 0) + 1)
      .map((level) => `a level is left out before h${level}`),
    ...['html[lang]', 'head > title', 'body > header', 'nav', 'main', 'body > footer', 'h1', 'meta[name=viewport]']
      .filter((selector) => all(selector).length !== 1)
      .map((selector) => `there is not exactly one ${selector}`),
    ...all('script, link, img, iframe, object, embed, form, base, [style]').map((one) => `there is a ${nameOf(one)}`),
    ...all('*').flatMap((one) =>
      one
        .getAttributeNames()
        .filter((name) => name.startsWith('on'))
        .map((name) => `${nameOf(one)} has ${name}`),
    ),
  ];
}

const named = (element) =>
  (element.getAttribute('aria-labelledby') ?? '')
    .split(' ')
    .every((id) => (document.getElementById(id)?.textContent ?? '').trim() !== '');

const isSeen = (element) =>
  element.checkVisibility({ visibilityProperty: true }) && element.closest('.unheard') === null;

const channels = (colour) => {
  const [red, green, blue, alpha = 1] = colour.match(/[\d.]+/g).map(Number);
  return { rgb: [red, green, blue], alpha };
};

/** https://www.w3.org/TR/WCAG22/#dfn-relative-luminance */
const luminance = (rgb) => {
  const [red, green, blue] = rgb.map((value) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
};

/** The first colour behind an element that is not transparent; the page has no other than opaque ones and none at all. */
function findBackground(element) {
  for (let at = element; at !== null; at = at.parentElement) {
    const { rgb, alpha } = channels(getComputedStyle(at).backgroundColor);
    if (alpha === 1) return rgb;
    if (alpha !== 0) throw new Error(`${nameOf(at)} has a background that lets through what is behind it`);
  }
  return [255, 255, 255];
}

/** Every text that is seen, with its contrast to what is behind it; https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio */
function measureContrasts() {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const measured = new Map();
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    const element = node.parentElement;
    if (node.data.trim() === '' || element.closest('svg') !== null || !isSeen(element)) continue;
    const [front, back] = [channels(getComputedStyle(element).color).rgb, findBackground(element)];
    const [light, dark] = [luminance(front), luminance(back)].toSorted((one, other) => other - one);
    const colours = `${front} on ${back}`;
    const before = measured.get(colours);
    measured.set(colours, { colours, ratio: (light + 0.05) / (dark + 0.05), text: before?.text ?? node.data.trim() });
  }
  return [...measured.values()];
}

/** The numbers of the page by what they are of: what a program reads, and what a person does. */
const readNumbers = () =>
  Object.fromEntries(all('data[data-of]').map((one) => [one.dataset.of, { value: one.value, text: one.textContent }]));

/** Which elements there are, with the names of their attributes. */
const listShapes = () => [
  ...new Set(all('*').map((one) => [one.localName, ...one.getAttributeNames().toSorted()].join(' '))),
];

/** Where each link leads, as it is written. */
const listLinks = () => all('a').map((link) => link.getAttribute('href'));

const readText = () => document.body.textContent;

const measureWidths = () => ({ page: document.documentElement.scrollWidth, window: window.innerWidth });

globalThis.probe = { findFaults, measureContrasts, readNumbers, listShapes, listLinks, readText, measureWidths };
