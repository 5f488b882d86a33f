// JSON merge patches (RFC 7396), and what a change is in words.

const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);

export const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

/** What turns one object into another; undefined when a merge patch cannot say it, as it has no word for null. */
export function difference(before, after) {
  const patch = {};
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    if (!(key in after)) patch[key] = null;
    else if (same(before[key], after[key])) continue;
    else if (isObject(before[key]) && isObject(after[key])) {
      const inner = difference(before[key], after[key]);
      if (inner === undefined) return undefined;
      patch[key] = inner;
    } else if (hasNull(after[key])) return undefined;
    else patch[key] = after[key];
  }
  return patch;
}

const hasNull = (value) => value === null || (isObject(value) && Object.values(value).some(hasNull));

/** Each value that differs: its path, what it was, what it is; undefined where there was or is none. */
export function changes(before, after, path = "") {
  const all = [];
  for (const key of new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])) {
    const name = path ? `${path}.${key}` : key;
    const [old, now] = [before?.[key], after?.[key]];
    if (isObject(old) && isObject(now)) all.push(...changes(old, now, name));
    else if (!same(old, now)) all.push({ name, old, now });
  }
  return all;
}
