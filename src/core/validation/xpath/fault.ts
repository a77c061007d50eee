// What goes wrong in an expression: when it is read (static) or when it meets a document (dynamic). Messages never hold
// values of the document.

/** Codes as the recommendations have them (XPath 3.1, appendix F; Functions and Operators 3.1, appendix C). */
export class XPathFault extends Error {
  readonly code: string;
  /** Character of the expression, from 0; undefined for dynamic faults. */
  readonly at: number | undefined;
  constructor(code: string, message: string, at?: number) {
    // A rule may fail on each of a million nodes, and the stack says nothing about rules.
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super(message);
    Error.stackTraceLimit = stackTraceLimit;
    this.name = "XPathFault";
    this.code = code;
    this.at = at;
  }
}

/** What this engine does not have, or does not want. `hint` says what to do instead. */
export class UnsupportedFault extends XPathFault {
  readonly hint: string | undefined;
  constructor(message: string, at?: number, hint?: string) {
    super("XPST0017", message, at);
    this.name = "UnsupportedFault";
    this.hint = hint;
  }
}

/** A document that needs more than its share of steps. It ends the whole validation, not one rule. */
export class BudgetFault extends Error {
  constructor(message: string) {
    super(message);
    this.name = "BudgetFault";
  }
}

/** A type error while computing (XPTY0004). */
export function typeFault(message: string): XPathFault {
  return new XPathFault("XPTY0004", message);
}
