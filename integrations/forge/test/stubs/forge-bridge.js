// Stands in for the bridge to Confluence.
export const requestRemote = (key, options) => globalThis.host.requestRemote(key, options);
