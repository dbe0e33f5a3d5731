// How many bytes each page is, as a table: by kind of page the most that one of them had, whoever opened it.
import { kindOf } from './walk.mjs';

/** What a page may weigh, packed: the scripts of any, and all of one for everybody. */
export const SCRIPT_BYTES_MAX = 60 * 1024;
export const OPEN_PAGE_BYTES_MAX = 80 * 1024;

/** Bytes as kilobytes of 1,024. */
export const kilobytes = bytes => `${(bytes / 1024).toFixed(1)} KB`;

/** A table in Markdown. */
export function table(heads, rows) {
  const line = cells => `| ${cells.join(' | ')} |`;
  return [line(heads), line(heads.map((_, at) => (at ? '---:' : '---'))), ...rows.map(line)].join('\n');
}

export class Sizes {
  constructor() {
    this.kinds = new Map();
  }

  /** @param {{scripts: number, all: number, pictures: number}} size what `weigh` found */
  add(path, size) {
    const kind = kindOf(path);
    const before = this.kinds.get(kind) ?? { scripts: 0, all: 0, pictures: 0 };
    const most = Object.keys(before).map(name => [name, Math.max(before[name], size[name])]);
    this.kinds.set(kind, Object.fromEntries(most));
  }

  /** Heaviest first; a page that is over what it may be says so. */
  table() {
    const rows = [...this.kinds].sort(([, one], [, other]) => other.all - one.all);
    return table(['page', 'JavaScript', 'with HTML and CSS', 'pictures'], rows.map(([kind, { scripts, all, pictures }]) => {
      const open = !kind.startsWith('/desk');
      const over = (bytes, most) => kilobytes(bytes) + (bytes > most ? ' (over)' : '');
      return [`\`${kind}\``, over(scripts, SCRIPT_BYTES_MAX), over(all, open ? OPEN_PAGE_BYTES_MAX : Infinity), kilobytes(pictures)];
    }));
  }
}
