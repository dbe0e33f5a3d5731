// What a screen reader is told of a page, as lines of roles and names, compared with what is written down in e2e/aria.
//
// Times, numbers and ids are masked, rows of the same kind stand there once and running text not at all: what is left changes
// only when somebody changes the page, and then the difference is read in review. AFTERCARE_ARIA=write writes it down.
import { existsSync } from 'node:fs';
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const WRITTEN = fileURLToPath(new URL('../aria', import.meta.url));
const HOW = 'Run `AFTERCARE_ARIA=write npm --prefix e2e run aria` and read what it wrote.';

/** Longest name that is written down: what tells two apart stands at its beginning. */
const NAME_CHARACTERS = 60;
/** Most lines of a difference that are shown. */
const DIFFERENCE_LINES = 12;

/** Roles that are written down; of the others, which are layout and running text, only what is in them. */
const TOLD = new Set([
  'alert', 'banner', 'button', 'checkbox', 'columnheader', 'combobox', 'complementary', 'contentinfo', 'dialog', 'form', 'group', 'heading',
  'img', 'link', 'list', 'listbox', 'main', 'meter', 'navigation', 'note', 'progressbar', 'radio', 'radiogroup', 'region', 'search',
  'searchbox', 'slider', 'spinbutton', 'status', 'switch', 'tab', 'table', 'tablist', 'tabpanel', 'textbox',
]);
/** Roles that say nothing when they are empty and have no name. */
const HOLDERS = new Set(['alert', 'group', 'img', 'list', 'note', 'region', 'status', 'table']);
/** What a reader can be told of an element besides its role and name, where it is the page's doing. */
const STATES = ['checked', 'disabled', 'invalid', 'pressed', 'selected'];

/** Months beside a number, which are none in "they may". */
const MONTH = '(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*';
const MONTHS = new RegExp(`(?<=# )${MONTH}\\b|\\b${MONTH}(?= #)`, 'g');

/** A name without what differs from day to day and from case to case. */
export function plain(name) {
  const masked = name
    // Whoever is nearest is asked first, and that depends on who is free.
    .replace(/[王李]师傅/g, '师傅')
    .replace(/\bAC-[0-9A-Z]{4}-[0-9A-Z]{4}\b/g, '#')
    .replace(/[\w*][\w*.:/+@-]*/g, word => (/\d/.test(word) ? '#' : word))
    .replace(MONTHS, '#')
    .replace(/\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun|yesterday|today|tomorrow)\b/gi, '#')
    .replace(/(?:周|星期)[一二三四五六日天]|昨天|今天|明天|后天/g, '#')
    .replace(/#\s*(?:年|月|日|个?小时|分钟|分|天|秒|(?:days?|hours?|minutes?|seconds?)\b)/g, '#')
    .replace(/#(?:[\s,，、–-]*#)+/g, '#')
    .replace(/\s+/g, ' ')
    .trim();
  const signs = [...masked];
  return signs.length > NAME_CHARACTERS ? `${signs.slice(0, NAME_CHARACTERS).join('')}…` : masked;
}

/** The lines of an element and of what is in it. */
function linesOf({ line, below }, indent = '') {
  return [indent + line, ...below.flatMap(one => linesOf(one, `${indent}  `))];
}

/** Each kind once: how many rows a list has says nothing about the page. */
function unlike(elements) {
  const kinds = new Map(elements.map(element => [linesOf(element).join('\n'), element]));
  return [...kinds.values()];
}

function toldOf(node) {
  // Text stands in the names of what it belongs to; the options of a choice are what a shop has.
  if (typeof node === 'string' || node.role === 'option') return [];
  const below = unlike((node.children ?? []).flatMap(toldOf));
  if (!TOLD.has(node.role)) return below;
  const name = plain(node.name ?? '');
  if (!name && !below.length && HOLDERS.has(node.role)) return [];
  const states = STATES.filter(state => node[state]).map(state => `[${state}]`);
  const role = node.role === 'heading' ? `heading ${node.level}` : node.role;
  // A heading or a row that is a link or a button throughout is one line.
  const only = below.length === 1 && !below[0].below.length && name && below[0].line.endsWith(` ${name}`) ? below[0].line : null;
  if (only) return [{ line: `${role} > ${only}`, below: [] }];
  return [{ line: [role, name, ...states].filter(Boolean).join(' '), below }];
}

/** The tree of Playwright's `ariaSnapshotJSON` as lines. */
export function outline(nodes) {
  return `${unlike(nodes.flatMap(toldOf)).flatMap(element => linesOf(element)).join('\n')}\n`;
}

/** What is said no more, and what is said now. */
function difference(written, said) {
  const [before, now] = [written, said].map(text => text.split('\n'));
  const lines = [...before.filter(line => !now.includes(line)).map(line => `- ${line}`), ...now.filter(line => !before.includes(line)).map(line => `+ ${line}`)];
  if (!lines.length) return 'the same lines stand in another order, or at other depths';
  return lines.slice(0, DIFFERENCE_LINES).join('\n') + (lines.length > DIFFERENCE_LINES ? `\n… and ${lines.length - DIFFERENCE_LINES} lines more` : '');
}

/**
 * Everything that a suite has read aloud so far. Folds are opened, since what is in them is part of the page, and the
 * elements of the selectors in `without` are taken out: rows that somebody else made.
 */
export class Aloud {
  constructor(folder = WRITTEN) {
    this.folder = folder;
    this.names = new Set();
    this.wrong = [];
  }

  /** Reads the page that a person has before them: its main part, or with `whole` all of it. */
  async read({ page, language }, name, { without = [], whole = false } = {}) {
    await page.waitForLoadState('load');
    await page.evaluate(selectors => {
      for (const selector of selectors) for (const element of document.querySelectorAll(selector)) element.remove();
      for (const fold of document.querySelectorAll('details')) fold.open = true;
      // Browsers tell it as a button; Playwright gives it no role, and its words would be lost.
      for (const line of document.querySelectorAll('details > summary')) line.setAttribute('role', 'button');
    }, ['.toast', ...without]);
    const said = outline(await page.locator(whole ? 'body' : 'main').ariaSnapshotJSON());
    const file = `${name}.${language}.txt`;
    this.names.add(file);
    const path = join(this.folder, file);
    if (process.env.AFTERCARE_ARIA === 'write') {
      await mkdir(this.folder, { recursive: true });
      await writeFile(path, said);
    } else if (!existsSync(path)) {
      this.wrong.push(`There is no e2e/aria/${file}. ${HOW}`);
    } else {
      const written = await readFile(path, 'utf8');
      if (written !== said) this.wrong.push(`${file} says otherwise:\n${difference(written, said)}\nIs that what was meant? ${HOW}`);
    }
  }

  /** Files that belong to no page any more. */
  async leftOver() {
    const files = existsSync(this.folder) ? await readdir(this.folder) : [];
    return files.filter(file => file.endsWith('.txt') && !this.names.has(file));
  }
}
