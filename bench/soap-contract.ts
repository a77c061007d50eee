// The contract of the benchmarks of SOAP, and the answer to its one question: some 1.6 KB, as registers answer.

const TYPES = `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:e="urn:example:einwohner" targetNamespace="urn:example:einwohner" elementFormDefault="qualified">
  <xs:complexType name="Anschrift"><xs:sequence>
    <xs:element name="strasse" type="xs:string"/><xs:element name="nr" type="xs:string"/><xs:element name="plz" type="xs:string"/><xs:element name="ort" type="xs:string"/><xs:element name="seit" type="xs:date"/>
  </xs:sequence></xs:complexType>
  <xs:complexType name="Vermerk"><xs:sequence>
    <xs:element name="art" type="xs:string"/><xs:element name="text" type="xs:string" minOccurs="0"/><xs:element name="betrag" type="xs:decimal" minOccurs="0"/><xs:element name="gueltig" type="xs:boolean"/>
  </xs:sequence></xs:complexType>
  <xs:element name="LesePerson"><xs:complexType><xs:sequence>
    <xs:element name="om" type="xs:string"/><xs:element name="anlass" type="xs:string"/><xs:element name="stichtag" type="xs:date" minOccurs="0"/><xs:element name="felder" type="xs:string" minOccurs="0" maxOccurs="unbounded"/>
  </xs:sequence></xs:complexType></xs:element>
  <xs:element name="LesePersonResponse"><xs:complexType><xs:sequence>
    <xs:element name="om" type="xs:string"/><xs:element name="name" type="xs:string"/><xs:element name="vornamen" type="xs:string" maxOccurs="unbounded"/><xs:element name="geburt" type="xs:date"/><xs:element name="kinder" type="xs:int"/>
    <xs:element name="anschrift" type="e:Anschrift" minOccurs="0" maxOccurs="unbounded"/><xs:element name="vermerk" type="e:Vermerk" minOccurs="0" maxOccurs="unbounded"/>
  </xs:sequence></xs:complexType></xs:element>
</xs:schema>`;

export const contract = (address: string): string => `<?xml version="1.0" encoding="UTF-8"?>
<wsdl:definitions xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/" xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:e="urn:example:einwohner" targetNamespace="urn:example:einwohner">
  <wsdl:types>${TYPES}</wsdl:types>
  <wsdl:message name="Frage"><wsdl:part name="parameters" element="e:LesePerson"/></wsdl:message>
  <wsdl:message name="Antwort"><wsdl:part name="parameters" element="e:LesePersonResponse"/></wsdl:message>
  <wsdl:portType name="Einwohner"><wsdl:operation name="LesePerson"><wsdl:input message="e:Frage"/><wsdl:output message="e:Antwort"/></wsdl:operation></wsdl:portType>
  <wsdl:binding name="Einwohner" type="e:Einwohner">
    <soap:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/>
    <wsdl:operation name="LesePerson"><soap:operation soapAction="urn:lese"/><wsdl:input><soap:body use="literal"/></wsdl:input><wsdl:output><soap:body use="literal"/></wsdl:output></wsdl:operation>
  </wsdl:binding>
  <wsdl:service name="Einwohner"><wsdl:port name="Einwohner" binding="e:Einwohner"><soap:address location="${address}"/></wsdl:port></wsdl:service>
</wsdl:definitions>`;

const anschrift = (nr: number): string =>
  `<e:anschrift><e:strasse>Lindenstra\u00dfe</e:strasse><e:nr>${nr}a</e:nr><e:plz>01067</e:plz><e:ort>Musterstadt</e:ort><e:seit>2019-01-01</e:seit></e:anschrift>`;
const vermerk = (art: string): string =>
  `<e:vermerk><e:art>${art}</e:art><e:text>Vermerk mit etwas Text</e:text><e:betrag>0012.50</e:betrag><e:gueltig>true</e:gueltig></e:vermerk>`;

export const ANSWER = `<?xml version="1.0" encoding="UTF-8"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/" xmlns:e="urn:example:einwohner"><soap:Body><e:LesePersonResponse><e:om>04711007</e:om><e:name>Mustermann</e:name><e:vornamen>Erika</e:vornamen><e:vornamen>\u00c4nne</e:vornamen><e:geburt>1964-08-12</e:geburt><e:kinder>2</e:kinder>${anschrift(12)}${anschrift(13)}${vermerk("A")}${vermerk("B")}${vermerk("C")}</e:LesePersonResponse></soap:Body></soap:Envelope>`;

export const QUESTION = {
  om: "04711007",
  anlass: "Pr\u00fcfung der Anschrift",
  stichtag: "2026-11-21",
  felder: ["name", "anschrift"],
};
