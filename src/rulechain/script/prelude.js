// What every script context holds besides the language itself: how messages come in, how results go out, and the seal that
// keeps one message's script from leaving anything behind for the next. Evaluated once per context by interpreter.py; its
// value is a table of four functions, `publish`, `intact`, `seal` and `bind`. Scripts reach nothing of it.
(function () {
  "use strict";

  const { parse, stringify } = JSON;
  const { defineProperty, freeze, getOwnPropertyDescriptor, getPrototypeOf, hasOwn, is, keys } = Object;
  const { preventExtensions, values } = Object;
  const { apply, ownKeys } = Reflect;
  const { isArray } = Array;
  const { isView } = ArrayBuffer;
  const { InternalError, Promise } = globalThis;
  const plain = Object.prototype;

  // ---- in ----------------------------------------------------------------------------------------------------------

  // The payload as scripts see it: its JSON value, or its text where it is not JSON.
  function payload(text) {
    try {
      return parse(text);
    } catch (error) {
      if (error instanceof SyntaxError) return text;
      throw error;
    }
  }

  // ---- JSON --------------------------------------------------------------------------------------------------------

  // JSON text of a value, keys in their own order. What JSON.stringify would drop or alter (undefined, NaN, functions,
  // dates, maps, -0) takes the slow way.
  function json(value) {
    try {
      return typeof value === "object" && value !== null && isPlain(value) ? stringify(value) : write(value);
    } catch (error) {
      if (error instanceof RangeError) throw "json: unsupported value: encountered a cycle or too deep a nesting";
      throw error;
    }
  }

  function isPlain(value) {
    let items = value;
    if (!isArray(value)) {
      const prototype = getPrototypeOf(value);
      if (prototype !== plain && prototype !== null) return false;
      items = values(value);
    }
    for (let i = items.length; i--; ) {
      const item = items[i];
      if (typeof item === "string") continue;
      if (typeof item === "number") {
        if (item - item !== 0 || (item === 0 && 1 / item < 0)) return false;
      } else if (typeof item === "object") {
        if (item !== null && !isPlain(item)) return false;
      } else if (typeof item !== "boolean") return false;
    }
    return true;
  }

  function write(value) {
    switch (typeof value) {
      case "string":
        return stringify(value);
      case "number":
        return writeNumber(value);
      case "boolean":
      case "bigint":
        return String(value);
      case "symbol":
        return stringify(text(value));
      case "function":
        throw "json: unsupported type: function";
      case "undefined":
        return "null";
    }
    return value === null ? "null" : writeObject(value);
  }

  // Go tells -0 from 0; "-0.0" is how that survives a reader which takes "-0" for an integer.
  function writeNumber(value) {
    if (value - value !== 0) throw "json: unsupported value: " + numberText(value);
    return value === 0 && 1 / value < 0 ? "-0.0" : "" + value;
  }

  function writeObject(value) {
    if (isArray(value)) return writeList(value);
    if (value instanceof Date) return isNaN(value) ? "null" : stringify(dateText(value));
    if (value instanceof Map || value instanceof Set) return writeList([...value]);
    if (value instanceof Uint8Array) return stringify(base64(value));
    if (isView(value)) return writeList(Array.from(value));
    if (isBoxed(value)) return write(value.valueOf());
    return "{" + keys(value).map((key) => stringify(key) + ":" + write(value[key])).join() + "}";
  }

  function writeList(items) {
    const parts = [];
    for (let i = 0; i < items.length; i++) parts.push(write(items[i]));
    return "[" + parts.join() + "]";
  }

  function isBoxed(value) {
    return value instanceof String || value instanceof Number || value instanceof Boolean;
  }

  // RFC 3339 without trailing zeros in the fraction.
  function dateText(date) {
    return date.toISOString().replace(/\.?0*Z$/, "Z");
  }

  function base64(bytes) {
    const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let out = "";
    for (let i = 0; i < bytes.length; i += 3) {
      const chunk = (bytes[i] << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
      for (let j = 0; j < 4; j++) out += i + j > bytes.length ? "=" : digits[(chunk >> (18 - 6 * j)) & 63];
    }
    return out;
  }

  // ---- text --------------------------------------------------------------------------------------------------------

  // The text form of a value: RuleGo's ToString.
  function text(value) {
    switch (typeof value) {
      case "string":
        return value;
      case "number":
        return numberText(value);
      case "boolean":
      case "bigint":
        return String(value);
      case "undefined":
        return "";
      case "symbol":
        return value.description ?? "";
    }
    if (value === null) return "";
    if (value instanceof Date) return isNaN(value) ? "" : dateText(value).replace("T", " ").replace("Z", " +0000 UTC");
    return isBoxed(value) ? text(value.valueOf()) : json(value);
  }

  // A number's shortest digits, never with an exponent.
  function numberText(value) {
    if (value !== value) return "NaN";
    if (value - value !== 0) return value > 0 ? "+Inf" : "-Inf";
    if (value === 0) return 1 / value < 0 ? "-0" : "0";
    const shortest = "" + value;
    const at = shortest.indexOf("e");
    if (at < 0) return shortest;
    const sign = value < 0 ? "-" : "";
    const [whole, fraction = ""] = shortest.slice(sign.length, at).split(".");
    const exponent = +shortest.slice(at + 1);
    if (exponent < 0) return sign + "0." + "0".repeat(-exponent - 1) + whole + fraction;
    return sign + (whole + fraction).padEnd(exponent + 1, "0");
  }

  // ---- out: metadata -------------------------------------------------------------------------------------------------

  // Metadata as a JSON object of texts. The live object (the script's own argument, perhaps changed) converts by
  // JavaScript's String, as RuleGo does on assignment; another object by the text form; a text is read as JSON.
  function metadataText(value, live) {
    if (typeof value === "string") return metadataOfText(value);
    if (!isRecord(value)) return "{}";
    // A copy: Number.prototype is an object like any other, but written as 0.
    if (areTexts(values(value))) return stringify(value === live ? value : { ...value });
    const convert = value === live ? assignedText : textOrNothing;
    return "{" + keys(value).map((key) => stringify(key) + ":" + stringify(convert(value[key]))).join() + "}";
  }

  function metadataOfText(value) {
    const read = payload(value);
    return isRecord(read) && areTexts(values(read)) ? stringify(read) : "{}";
  }

  function areTexts(items) {
    for (let i = items.length; i--; ) if (typeof items[i] !== "string") return false;
    return true;
  }

  function assignedText(value) {
    return value === null || value === undefined ? "" : String(value);
  }

  function textOrNothing(value) {
    try {
      return text(value);
    } catch (error) {
      if (error instanceof InternalError) throw error;
      return "";
    }
  }

  // An object with members, rather than a list or one of the language's own kinds.
  function isRecord(value) {
    if (typeof value !== "object" || value === null) return false;
    if (getPrototypeOf(value) === plain) return true;
    if (isArray(value) || isView(value) || isBoxed(value) || value instanceof ArrayBuffer) return false;
    return !(value instanceof Date || value instanceof Map || value instanceof Set || value instanceof Promise);
  }

  // ---- out: data -----------------------------------------------------------------------------------------------------

  // The payload as a letter for its kind and JSON:  j JSON   s text   b list of byte values   e why it has no such form
  function data(value, dataType) {
    try {
      if (isRecord(value)) return "j" + json(value);
      if (value instanceof Uint8Array || value instanceof Uint8ClampedArray) return "b" + stringify(Array.from(value));
      if (value instanceof ArrayBuffer) return "b" + stringify(Array.from(new Uint8Array(value)));
      if (isArray(value)) return dataType === "BINARY" && isBytes(value) ? "b" + stringify(value) : "j" + json(value);
      return "s" + stringify(text(value));
    } catch (error) {
      return "e" + stringify(describe(error));
    }
  }

  function isBytes(items) {
    for (let i = 0; i < items.length; i++) {
      const item = items[i];
      if (typeof item !== "number") return false;
      if (!(item >= 0 && item <= 255 && Number.isInteger(item))) {
        const found = "byte array element at index " + i + " has invalid value " + numberText(item);
        throw found + ": must be integer in range 0-255";
      }
    }
    return true;
  }

  // What a transform's result changes: a JSON list [dataType, msgType, metadata] with null for what stays, or nothing when
  // all three stay; a line break; then `data`, or "=" when the data stays.
  function change(result, metadata, metadataGiven, msgType, dataType) {
    if (!isRecord(result)) return null;
    const newDataType = (hasOwn(result, "dataType") && text(result.dataType)) || dataType;
    const newMsgType = hasOwn(result, "msgType") ? text(result.msgType) : msgType;
    const newMetadata = hasOwn(result, "metadata") ? metadataText(result.metadata, metadata) : metadataGiven;
    let head = "";
    if (newDataType !== dataType || newMsgType !== msgType || newMetadata !== metadataGiven) {
      head += "[" + (newDataType === dataType ? "null" : stringify(newDataType));
      head += "," + (newMsgType === msgType ? "null" : stringify(newMsgType));
      head += "," + (newMetadata === metadataGiven ? "null" : newMetadata) + "]";
    }
    return head + "\n" + (hasOwn(result, "msg") ? data(result.msg, newDataType) : "=");
  }

  // ---- calls ---------------------------------------------------------------------------------------------------------

  // One function per form of result. Each takes the message's parts as texts, leaves out (undefined) what the script never
  // names, and answers with a primitive; "!" begins an error: a JSON list of its text and its stack.
  const forms = {
    truth: (script) => (data, isJson, metadata, msgType, dataType) => {
      try {
        return script(isJson ? payload(data) : data, metadata && parse(metadata), msgType, dataType) === true;
      } catch (error) {
        return failure(error);
      }
    },
    text: (script) => (data, isJson, metadata, msgType, dataType) => {
      try {
        const result = script(isJson ? payload(data) : data, metadata && parse(metadata), msgType, dataType);
        return typeof result === "string" ? stringify(result) : null;
      } catch (error) {
        return failure(error);
      }
    },
    texts: (script) => (data, isJson, metadata, msgType, dataType) => {
      try {
        const result = script(isJson ? payload(data) : data, metadata && parse(metadata), msgType, dataType);
        return isArray(result) || result instanceof Set ? stringify(Array.from(result, text)) : null;
      } catch (error) {
        return failure(error);
      }
    },
    change: (script) => (data, isJson, metadataGiven, msgType, dataType) => {
      try {
        const metadata = metadataGiven && parse(metadataGiven);
        const result = script(isJson ? payload(data) : data, metadata, msgType, dataType);
        return flat(change(result, metadata, metadataGiven, msgType, dataType));
      } catch (error) {
        return failure(error);
      }
    },
  };

  // The engine keeps long concatenations as trees, which its Python binding cannot take; String() makes them one piece.
  function flat(text) {
    return text === null ? null : String(text);
  }

  function failure(error) {
    return flat("!" + stringify([describe(error), stackOf(error)]));
  }

  // The places an error came by; the innermost ones, which come first, will do.
  function stackOf(error) {
    try {
      return error instanceof Error ? String(error.stack).slice(0, 4000).toWellFormed() : "";
    } catch (inner) {
      if (inner instanceof InternalError) throw inner;
      return "";
    }
  }

  // What was thrown, as one text. A limit of the engine is no error of the script: it goes on to interpreter.py. So does
  // null, which is what the engine throws when memory does not even suffice for an error.
  function describe(error) {
    if (error === null || error instanceof InternalError) throw error;
    try {
      return String(error).toWellFormed();
    } catch (inner) {
      if (inner instanceof InternalError) throw inner;
      return "an error that has no text";
    }
  }

  // Make a script callable, or answer null when its text is more than one function. `make` is given the chain's variables.
  function bind(form, make, vars, source) {
    const script = make(freeze(parse(vars)));
    if (typeof script !== "function" || script.toString() !== source) return null;
    freeze(script.prototype);
    freeze(script);
    return forms[form](script);
  }

  // ---- the language -------------------------------------------------------------------------------------------------

  // The C library's cube root is off by a digit where the root is whole.
  const { cbrt: roughCbrt } = Math;
  Math.cbrt = function cbrt(x) {
    const root = roughCbrt(x);
    const whole = Math.round(root);
    return whole * whole * whole === +x ? whole : root;
  };

  // ---- the language: lists -------------------------------------------------------------------------------------------

  // These go through the whole length of a list without a look at the time limit; and a list may be very long with next to
  // nothing in it, as after `list[4000000000] = 1`. Memory does not suffice for a list of this length that is full.
  const mostItems = 1 << 24;
  // Shorter ones are not worth a look at the time.
  const manyItems = 1 << 16;

  // Refuse a list that is too long. For any other the loop makes the engine look at the time every few million items.
  function look(length) {
    if (length > mostItems) throw new RangeError("the list is too long");
    for (let i = length >> 8; i--; );
  }

  function lookAtLists(items) {
    for (let i = items.length; i--; ) if (isArray(items[i]) && items[i].length > manyItems) look(items[i].length);
  }

  const { concat, copyWithin, join, reverse, shift, slice, sort, splice, toLocaleString, unshift } = Array.prototype;
  const lists = {
    concat(first) {
      if (this.length > manyItems) look(this.length);
      lookAtLists(arguments);
      return apply(concat, this, arguments);
    },
    copyWithin(target, start, end = undefined) {
      if (this.length > manyItems) look(this.length);
      return copyWithin.call(this, target, start, end);
    },
    flat(depth = 1) {
      return flatten(this, Math.trunc(depth), none(this));
    },
    flatMap(make, self = undefined) {
      if (typeof make !== "function") throw new TypeError("not a function");
      const flat = none(this);
      const list = Object(this);
      for (let i = 0, { length } = list; i < length; i++) {
        if (!(i in list)) continue;
        const made = make.call(self, list[i], i, list);
        if (isArray(made)) flatten(made, 0, flat);
        else flat[flat.length] = made;
      }
      return flat;
    },
    join(separator) {
      if (this.length > manyItems) look(this.length);
      return join.call(this, separator);
    },
    reverse() {
      if (this.length > manyItems) look(this.length);
      return reverse.call(this);
    },
    shift() {
      if (this.length > manyItems) look(this.length);
      return shift.call(this);
    },
    slice(start, end) {
      if (this.length > manyItems) look(this.length);
      return slice.call(this, start, end);
    },
    sort(compare) {
      if (this.length > manyItems) look(this.length);
      return sort.call(this, compare);
    },
    splice(start, count) {
      if (this.length > manyItems) look(this.length);
      return apply(splice, this, arguments);
    },
    toLocaleString() {
      if (this.length > manyItems) look(this.length);
      return toLocaleString.call(this);
    },
    unshift(first) {
      if (this.length > manyItems) look(this.length);
      return apply(unshift, this, arguments);
    },
  };
  for (const name of keys(lists)) defineProperty(Array.prototype, name, { value: lists[name] });

  // An empty list of the kind that methods of this one return.
  function none(list) {
    return slice.call(list, 0, 0);
  }

  // What `flat` does, which would go through lists inside lists without a look at the time.
  function flatten(list, depth, flat) {
    for (let i = 0, { length } = list; i < length; i++) {
      const item = list[i];
      if (item === undefined && !(i in list)) continue;
      if (depth > 0 && typeof item === "object" && isArray(item)) flatten(item, depth - 1, flat);
      else flat[flat.length] = item;
    }
    return flat;
  }

  // ---- user-defined functions ----------------------------------------------------------------------------------------

  // Make global what a source declares. `find` looks a name up where the source stands.
  function publish(find, names) {
    if (typeof find !== "function") return;
    for (const name of names.split(" ")) {
      const value = find(name);
      if (value !== undefined && !Object.is(value, globalThis[name])) globalThis[name] = value;
    }
  }

  // All that scripts running as Python take for granted, as one flat list.
  function inventory() {
    const found = [];
    const holders = [Array, Boolean, JSON, Math, Number, Object, String, isFinite, isNaN, parseFloat, parseInt];
    const hidden = [getPrototypeOf([].values()), getPrototypeOf(getPrototypeOf([].values()))];
    for (const holder of [...holders, ...holders.map((holder) => holder.prototype), ...hidden]) {
      found.push(holder);
      if (holder === undefined) continue;
      found.push(getPrototypeOf(holder));
      for (const key of ownKeys(holder)) {
        const member = getOwnPropertyDescriptor(holder, key);
        found.push(key, member.value, member.get);
      }
    }
    return found;
  }

  const given = inventory();

  // Whether the language's own objects still are what they were: a program may put others in their place.
  function intact() {
    try {
      const now = inventory();
      for (let i = 0; i < given.length; i++) if (!is(given[i], now[i])) return false;
      return now.length === given.length;
    } catch {
      return false;
    }
  }

  // ---- the seal ------------------------------------------------------------------------------------------------------

  // Not in RuleGo's scripts, and each a way to keep something from one message to the next, to wait, or to ask the host.
  const withheld = ["queueMicrotask", "performance", "navigator", "Atomics", "SharedArrayBuffer", "WeakRef"];
  withheld.push("FinalizationRegistry", "gc", "print", "console", "std", "os", "bjson", "scriptArgs", "InternalError");

  // Freeze everything a script can reach. Members of Object.prototype and of the errors' prototypes become accessors that
  // let an inheriting object have its own: freezing alone would forbid `this.name = "MyError"`.
  function seal(properties) {
    for (const name of withheld) delete globalThis[name];
    defineProperty(globalThis, "global", { value: parse(properties), enumerable: true });
    const seen = new Set();
    const waiting = [globalThis, ...hidden()];
    while (waiting.length) {
      const target = waiting.pop();
      if ((typeof target !== "object" && typeof target !== "function") || target === null || seen.has(target)) continue;
      seen.add(target);
      waiting.push(getPrototypeOf(target));
      for (const key of Reflect.ownKeys(target)) {
        const member = getOwnPropertyDescriptor(target, key);
        waiting.push(member.value, member.get, member.set);
      }
    }
    const open = [Object.prototype];
    for (const target of seen) if (target === Error.prototype || target instanceof Error) open.push(target);
    open.forEach(letOverride);
    seen.forEach(close);
  }

  // Views of buffers cannot be frozen, and a frozen pattern with the flag g does not work.
  function close(target) {
    if (isView(target) || target instanceof RegExp) preventExtensions(target);
    else freeze(target);
  }

  // Prototypes that no global name leads to.
  function hidden() {
    const iterators = [[].values(), new Map().values(), new Set().values(), "".matchAll(/a/g), ""[Symbol.iterator]()];
    const functions = [function* () {}, async function () {}, async function* () {}];
    return [...iterators, ...functions, [].values().map(String), freeze];
  }

  function letOverride(prototype) {
    for (const key of Reflect.ownKeys(prototype)) {
      const { value, writable, configurable } = getOwnPropertyDescriptor(prototype, key);
      if (!writable || !configurable) continue;
      defineProperty(prototype, key, {
        get: freeze(() => value),
        set: freeze(function (own) {
          if (this === prototype) throw new TypeError(`'${String(key)}' is read-only`);
          defineProperty(this, key, { value: own, writable: true, enumerable: true, configurable: true });
        }),
        enumerable: false,
        configurable: false,
      });
    }
  }

  return { bind, intact, publish, seal };
})();
