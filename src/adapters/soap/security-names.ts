// Names of WS-Security (OASIS, 2004 to 2006) and XML Signature.

const OASIS = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss";

export const WSSE = `${OASIS}-wssecurity-secext-1.0.xsd`;
export const WSU = `${OASIS}-wssecurity-utility-1.0.xsd`;
export const PASSWORD_TEXT = `${OASIS}-username-token-profile-1.0#PasswordText`;
export const PASSWORD_DIGEST = `${OASIS}-username-token-profile-1.0#PasswordDigest`;
export const BASE64 = `${OASIS}-soap-message-security-1.0#Base64Binary`;
export const X509 = `${OASIS}-x509-token-profile-1.0#X509v3`;
export const DSIG = "http://www.w3.org/2000/09/xmldsig#";
export const EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#";
export const SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256";
export const SHA1 = "http://www.w3.org/2000/09/xmldsig#sha1";
