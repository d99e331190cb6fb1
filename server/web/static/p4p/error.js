// Errors of the protocol: a stable code for the program and a sentence for a
// person. docs/protocol.md lists the codes.

export class P4PError extends Error {
  constructor(code, message) {
    super(message);
    this.name = "P4PError";
    this.code = code;
  }
}

export const fail = (code, message) => {
  throw new P4PError(code, message);
};

// codeOf is an error's code, or "" for what is no error of the protocol.
export const codeOf = (err) => (err instanceof P4PError ? err.code : "");
