// JSONata's functions over lists and objects, the higher-order ones among them.

import { apply, callBack } from "../apply.ts";
import { string } from "../stringify.ts";
import {
  append as appendItems,
  boolean,
  checkItems,
  deepEqual,
  Fault,
  isFunction,
  isNumeric,
  isSequence,
  lookup as lookupField,
  presentKeys,
  put,
  sequence,
  tick,
  truthy,
  type Data,
  type Run,
} from "../runtime.ts";

export function map(run: Run, list: Data, func: Data): Data {
  if (list === undefined) return undefined;
  const result = sequence();
  for (let index = 0; index < list.length; index += 1) {
    const value = callBack(func, list[index], index, list, run);
    if (value !== undefined) result.push(value);
  }
  return result;
}

export function filter(run: Run, list: Data, func: Data): Data {
  if (list === undefined) return undefined;
  const result = sequence();
  for (let index = 0; index < list.length; index += 1) {
    if (truthy(callBack(func, list[index], index, list, run))) result.push(list[index]);
  }
  return result;
}

export function single(run: Run, list: Data, func: Data): Data {
  if (list === undefined) return undefined;
  let found = false;
  let result: Data;
  for (let index = 0; index < list.length; index += 1) {
    if (func !== undefined && !truthy(callBack(func, list[index], index, list, run))) continue;
    if (found) throw new Fault("D3138");
    found = true;
    result = list[index];
  }
  if (!found) throw new Fault("D3139");
  return result;
}

export function zip(run: Run, ...lists: Data[]): Data {
  const sizes = lists.map((list) => (Array.isArray(list) ? list.length : 0));
  const size = Math.min(...sizes);
  const result: Data[] = [];
  for (let index = 0; index < size; index += 1) {
    tick(run, lists.length);
    result.push(lists.map((list) => list[index]));
  }
  return result;
}

export function reduce(run: Run, list: Data, func: Data, initial: Data): Data {
  if (list === undefined) return undefined;
  const arity = isFunction(func) ? func.info.arity : 0;
  if (arity < 2) throw new Fault("D3050", { argument: 1 });
  let index = initial === undefined && list.length > 0 ? 1 : 0;
  let result = index === 1 ? list[0] : initial;
  for (; index < list.length; index += 1) {
    tick(run, 1);
    const args = [result, list[index]];
    if (arity >= 3) args.push(index);
    if (arity >= 4) args.push(list);
    result = apply(func, args, null, run);
  }
  return result;
}

function collectKeys(run: Run, value: Data, into: Set<string>): void {
  if (Array.isArray(value)) {
    for (const item of value) collectKeys(run, item, into);
  } else if (value !== null && typeof value === "object") {
    for (const key of presentKeys(value)) into.add(key);
    tick(run, into.size >> 4);
  }
}

export function keys(run: Run, value: Data): Data {
  const names = new Set<string>();
  collectKeys(run, value, names);
  const result = sequence();
  if (!Array.isArray(value)) {
    for (const name of names) result.push(name);
    return result;
  }
  // The package merges the keys of a list in an object, which sorts names that look like array indexes first.
  const merged = Object.create(null) as Record<string, true>;
  for (const name of names) merged[name] = true;
  for (const name of Object.keys(merged)) result.push(name);
  return result;
}

export function lookup(_run: Run, value: Data, key: Data): Data {
  return key === undefined ? undefined : lookupField(value, key);
}

export function append(run: Run, first: Data, second: Data): Data {
  return appendItems(first, second, run);
}

export function exists(_run: Run, value: Data): Data {
  return value !== undefined;
}

export function spread(run: Run, value: Data): Data {
  if (Array.isArray(value)) {
    let result: Data = sequence();
    for (const item of value) result = appendItems(result, spread(run, item), run);
    return result;
  }
  if (value === null || typeof value !== "object") return value;
  const result = sequence();
  for (const key of presentKeys(value)) {
    const one = Object.create(null);
    one[key] = value[key];
    result.push(one);
  }
  return result;
}

export function merge(run: Run, list: Data): Data {
  if (list === undefined) return undefined;
  const result = Object.create(null);
  for (const item of list) {
    if (typeof item !== "object" || item === null) continue;
    for (const key of presentKeys(item)) put(result, key, item[key]);
    tick(run, 1);
  }
  return result;
}

export function reverse(run: Run, list: Data): Data {
  if (list === undefined || list.length <= 1) return list;
  tick(run, list.length >> 4);
  // Array.from drops JSONata's marks, as the package's new array does.
  return Array.from(list as Data[]).reverse();
}

export function each(run: Run, object: Data, func: Data): Data {
  const result = sequence();
  if (typeof object !== "object" || object === null) return result;
  for (const key of presentKeys(object)) {
    const value = callBack(func, object[key], key, object, run);
    if (value !== undefined) result.push(value);
  }
  return result;
}

export function sift(run: Run, object: Data, func: Data): Data {
  if (typeof object !== "object" || object === null) return undefined;
  const result = Object.create(null);
  let some = false;
  for (const key of presentKeys(object)) {
    if (!truthy(callBack(func, object[key], key, object, run))) continue;
    put(result, key, object[key]);
    some = true;
  }
  return some ? result : undefined;
}

/** Stable merge sort; `after(a, b)` says that a belongs behind b. Returns a new list. */
export function mergeSort(list: readonly Data[], after: (left: Data, right: Data) => boolean): Data[] {
  if (list.length <= 1) return [...list];
  const middle = Math.floor(list.length / 2);
  const left = mergeSort(list.slice(0, middle), after);
  const right = mergeSort(list.slice(middle), after);
  const merged: Data[] = [];
  let l = 0;
  let r = 0;
  while (l < left.length && r < right.length) {
    if (after(left[l], right[r])) {
      merged.push(right[r]);
      r += 1;
    } else {
      merged.push(left[l]);
      l += 1;
    }
  }
  while (l < left.length) merged.push(left[l++]);
  while (r < right.length) merged.push(right[r++]);
  return merged;
}

export function sort(run: Run, list: Data, func: Data): Data {
  if (list === undefined || list.length <= 1) return list;
  checkItems(list.length, run);
  if (func !== undefined) {
    return mergeSort(list, (left, right) => {
      tick(run, 1);
      return Boolean(apply(func, [left, right], null, run));
    });
  }
  const items = list as Data[];
  const numbers = items.every(isNumeric);
  if (!numbers && !items.every((item) => typeof item === "string")) throw new Fault("D3070", { argument: 1 });
  return mergeSort(items, (left, right) => {
    tick(run, 1);
    return left > right;
  });
}

export function shuffle(_run: Run, list: Data): Data {
  if (list === undefined || list.length <= 1) return list;
  const result: Data[] = [];
  for (const [index, item] of (list as Data[]).entries()) {
    const other = Math.floor(Math.random() * (index + 1));
    if (other !== index) result[index] = result[other];
    result[other] = item;
  }
  return result;
}

export function distinct(run: Run, list: Data): Data {
  if (!Array.isArray(list) || list.length <= 1) return list;
  const result: Data[] = isSequence(list) ? sequence() : [];
  const simple = new Set<Data>();
  const objects: Data[] = [];
  for (const item of list) {
    tick(run, 1);
    if (item === null || typeof item !== "object") {
      // NaN differs from itself.
      if (simple.has(item) && !Number.isNaN(item)) continue;
      simple.add(item);
    } else {
      tick(run, objects.length);
      if (objects.some((other) => deepEqual(item, other))) continue;
      objects.push(item);
    }
    result.push(item);
  }
  return result;
}

export function not(_run: Run, value: Data): Data {
  const truth = boolean(value);
  return truth === undefined ? undefined : !truth;
}

export function toBoolean(_run: Run, value: Data): Data {
  return boolean(value);
}

export function type(_run: Run, value: Data): Data {
  if (value === undefined) return undefined;
  if (value === null) return "null";
  if (isNumeric(value)) return "number";
  if (Array.isArray(value)) return "array";
  return typeof value === "number" ? "object" : typeof value;
}

export function error(_run: Run, message: Data): Data {
  throw new Fault("D3137", { value: message === undefined ? "$error() function evaluated" : message });
}

export function assert(_run: Run, condition: Data, message: Data): Data {
  if (!condition) throw new Fault("D3141", { value: message === undefined ? "$assert() statement failed" : message });
  return undefined;
}

export function clone(run: Run, value: Data): Data {
  return value === undefined ? undefined : JSON.parse(string(run, value) as string);
}
