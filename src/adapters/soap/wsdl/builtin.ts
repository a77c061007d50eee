// Schemas that WSDLs refer to and hardly ever ship: SOAP's encoding, its envelopes' attributes, and xmlmime's hint.
// Written anew from their definitions (SOAP 1.1, section 5; SOAP 1.2 part 1, 5.2.2 and 5.2.3; XML Binary Optimized
// Packaging's companion "Describing Media Content of Binary Data in XML", 2), as far as types of messages can name them.

import { SOAP11, SOAP11_ENCODING, SOAP12, SOAP12_ENCODING, XMIME, XSD } from "./names.ts";

const SIMPLE =
  "string boolean decimal float double duration dateTime time date gYearMonth gYear gMonthDay gDay gMonth hexBinary base64Binary anyURI QName normalizedString token language NMTOKEN Name NCName ID IDREF integer nonPositiveInteger negativeInteger long int short byte nonNegativeInteger unsignedLong unsignedInt unsignedShort unsignedByte positiveInteger".split(
    " ",
  );

function schema(namespace: string, body: string): string {
  return `<xs:schema xmlns:xs="${XSD}" xmlns:tns="${namespace}" targetNamespace="${namespace}" elementFormDefault="qualified">${body}</xs:schema>`;
}

function encoding(namespace: string): string {
  const simple = SIMPLE.map(
    (name) =>
      `<xs:complexType name="${name}"><xs:simpleContent><xs:extension base="xs:${name}"><xs:attributeGroup ref="tns:commonAttributes"/></xs:extension></xs:simpleContent></xs:complexType>`,
  ).join("");
  const ids = `<xs:attribute name="id" type="xs:string"/><xs:attribute name="href" type="xs:anyURI"/><xs:anyAttribute namespace="##other" processContents="lax"/>`;
  return schema(
    namespace,
    `<xs:attribute name="arrayType" type="xs:string"/><xs:attribute name="offset" type="xs:string"/><xs:attribute name="position" type="xs:string"/><xs:attribute name="root" type="xs:boolean"/><xs:attributeGroup name="commonAttributes">${ids}</xs:attributeGroup><xs:attributeGroup name="arrayAttributes"><xs:attribute ref="tns:arrayType"/><xs:attribute ref="tns:offset"/></xs:attributeGroup><xs:group name="Array"><xs:sequence><xs:any namespace="##any" minOccurs="0" maxOccurs="unbounded" processContents="lax"/></xs:sequence></xs:group><xs:complexType name="Array"><xs:group ref="tns:Array" minOccurs="0"/><xs:attributeGroup ref="tns:arrayAttributes"/><xs:attributeGroup ref="tns:commonAttributes"/></xs:complexType><xs:element name="Array" type="tns:Array"/><xs:simpleType name="base64"><xs:restriction base="xs:base64Binary"/></xs:simpleType>${simple}`,
  );
}

const BUILT_IN: ReadonlyMap<string, string> = new Map([
  [SOAP11_ENCODING, encoding(SOAP11_ENCODING)],
  [SOAP12_ENCODING, encoding(SOAP12_ENCODING)],
  [
    SOAP11,
    schema(
      SOAP11,
      `<xs:attribute name="mustUnderstand" type="xs:boolean"/><xs:attribute name="actor" type="xs:anyURI"/><xs:attribute name="encodingStyle" type="xs:string"/>`,
    ),
  ],
  [
    SOAP12,
    schema(
      SOAP12,
      `<xs:attribute name="mustUnderstand" type="xs:boolean"/><xs:attribute name="role" type="xs:anyURI"/><xs:attribute name="relay" type="xs:boolean"/><xs:attribute name="encodingStyle" type="xs:anyURI"/>`,
    ),
  ],
  [
    XMIME,
    schema(
      XMIME,
      `<xs:attribute name="contentType" type="xs:string"/><xs:attribute name="expectedContentTypes" type="xs:string"/><xs:complexType name="base64Binary"><xs:simpleContent><xs:extension base="xs:base64Binary"><xs:attribute ref="tns:contentType"/></xs:extension></xs:simpleContent></xs:complexType><xs:complexType name="hexBinary"><xs:simpleContent><xs:extension base="xs:hexBinary"><xs:attribute ref="tns:contentType"/></xs:extension></xs:simpleContent></xs:complexType>`,
    ),
  ],
]);

export function builtInSchema(namespace: string): string | undefined {
  return BUILT_IN.get(namespace);
}
