// A WSDL made of its types, for tests of values: one operation `Frage` with one element in, the same out.

import type { Value } from "../../src/core/contract.ts";
import { parseXml } from "../../src/adapters/soap/parse.ts";
import { createPlans, type ElementPlan, type Plans } from "../../src/adapters/soap/value/plan.ts";
import { readElement, type Reading } from "../../src/adapters/soap/value/read.ts";
import { writeElement } from "../../src/adapters/soap/value/write.ts";
import { loadService, type SoapService } from "../../src/adapters/soap/wsdl/service.ts";

export const NS = "urn:example:t";

/** `body` is what stands in the schema of NS; the element `Frage` among it. */
export function wsdlOf(body: string, schemaAttributes = 'elementFormDefault="qualified"'): string {
  return `<?xml version="1.0"?>
<d:definitions xmlns:d="http://schemas.xmlsoap.org/wsdl/" xmlns:s="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:t="${NS}" targetNamespace="${NS}">
<d:types><xs:schema targetNamespace="${NS}" ${schemaAttributes}>${body}</xs:schema></d:types>
<d:message name="M"><d:part name="p" element="t:Frage"/></d:message>
<d:portType name="P"><d:operation name="Frage"><d:input message="t:M"/><d:output message="t:M"/></d:operation></d:portType>
<d:binding name="B" type="t:P"><s:binding transport="http://schemas.xmlsoap.org/soap/http"/><d:operation name="Frage"><s:operation soapAction=""/><d:input><s:body use="literal"/></d:input><d:output><s:body use="literal"/></d:output></d:operation></d:binding>
<d:service name="S"><d:port name="O" binding="t:B"><s:address location="https://alt.example/ws"/></d:port></d:service>
</d:definitions>`;
}

export interface World {
  readonly service: SoapService;
  readonly plans: Plans;
  readonly element: ElementPlan;
  write(value: Value): string;
  read(xml: string): Value;
}

export function worldOf(body: string, schemaAttributes?: string, files: Readonly<Record<string, string>> = {}): World {
  const all: Readonly<Record<string, string>> = { "t.wsdl": wsdlOf(body, schemaAttributes), ...files };
  const service = loadService("t.wsdl", (path) =>
    Object.hasOwn(all, path) ? Buffer.from(all[path] ?? "") : undefined,
  );
  const plans = createPlans(service.model);
  const element = plans.element({ namespace: NS, local: "Frage" });
  if (element === undefined) throw new Error("there is no element Frage");
  return {
    service,
    plans,
    element,
    write: (value) => writeElement(plans, element, value),
    read(xml) {
      let reading: Reading | undefined;
      parseXml(xml, {
        open(tag, resolve) {
          reading ??= readElement(plans, element, { resolve });
          reading.open(tag);
        },
        text: (text) => reading?.text(text),
        close: () => reading?.close(),
      });
      return reading?.value;
    },
  };
}

/** `<xs:element name="Frage">` around a content model. */
export const frage = (inner: string, attributes = ""): string =>
  `<xs:element name="Frage"><xs:complexType>${inner}${attributes}</xs:complexType></xs:element>`;
