/* Calls one operation of contracts/einwohner.wsdl and prints the result or the fault as JSON. */
#include <stdio.h>
#include <string.h>
#include "soapH.h"
#include "EinwohnerSoap11.nsmap"

static void quoted(const char *value)
{
  if (!value) printf("null");
  else {
    putchar('"');
    for (; *value; value++) {
      unsigned char c = (unsigned char)*value;
      if (c == '"' || c == '\\') printf("\\%c", c);
      else if (c < 32) printf("\\u%04x", c);
      else putchar(c);
    }
    putchar('"');
  }
}

static void text(const char *name, const char *value, const char *end)
{
  printf("\"%s\":", name);
  quoted(value);
  fputs(end, stdout);
}

static void person(const struct ns2__Person *p)
{
  int i;
  printf("{\"result\":{");
  text("om", p->om, ",");
  text("familienname", p->familienname, ",");
  printf("\"vorname\":[");
  for (i = 0; i < p->__sizevorname; i++) {
    if (i) putchar(',');
    quoted(p->vorname[i]);
  }
  printf("],");
  text("geburtsdatum", p->geburtsdatum, ",");
  text("sterbedatum", p->sterbedatum, ",");
  printf("\"anschriften\":%d,", p->__sizeanschrift);
  text("plz", p->__sizeanschrift ? p->anschrift[0].plz : NULL, ",");
  text("gebuehr", p->gebuehr ? p->gebuehr->__item : NULL, ",");
  text("waehrung", p->gebuehr ? p->gebuehr->waehrung : NULL, "}}\n");
}

static int faulted(struct soap *soap)
{
  const char *code = "", *words = "";
  struct SOAP_ENV__Detail *detail;
  soap_set_fault(soap);
  code = *soap_faultcode(soap) ? *soap_faultcode(soap) : "";
  words = *soap_faultstring(soap) ? *soap_faultstring(soap) : "";
  detail = soap->fault ? (soap->fault->detail ? soap->fault->detail : soap->fault->SOAP_ENV__Detail) : NULL;
  printf("{\"fault\":{");
  text("code", code, ",");
  text("text", words, ",");
  text("detail", detail && detail->ns1__NichtGefunden ? detail->ns1__NichtGefunden->grund : NULL, "}}\n");
  return 0;
}

int main(int count, char **words)
{
  struct soap *soap;
  const char *endpoint, *operation;
  if (count < 4) {
    fprintf(stderr, "usage: client VERSION ENDPOINT OPERATION WORD...\n");
    return 1;
  }
  /* gSOAP sends the version whose namespaces stand first in its table. */
  if (strcmp(words[1], "1.2")) {
    namespaces[0].ns = "http://schemas.xmlsoap.org/soap/envelope/";
    namespaces[1].ns = "http://schemas.xmlsoap.org/soap/encoding/";
  }
  soap = soap_new1(SOAP_C_UTFSTRING);
  soap->connect_timeout = soap->send_timeout = soap->recv_timeout = 10;
  endpoint = words[2];
  operation = words[3];
  words++;
  count--;
  if (!strcmp(operation, "LesePerson") && count > 3) {
    struct _ns1__LesePerson in;
    struct _ns1__LesePersonAntwort out;
    memset(&in, 0, sizeof in);
    in.om = words[3];
    if (soap_call___ns1__LesePerson(soap, endpoint, NULL, &in, &out)) return faulted(soap);
    person(out.person);
    return 0;
  }
  if (!strcmp(operation, "MeldePerson") && count > 7) {
    struct _ns1__MeldePerson in;
    struct _ns1__MeldePersonAntwort out;
    struct ns2__Person p;
    struct ns2__Betrag gebuehr;
    memset(&p, 0, sizeof p);
    p.om = words[3];
    p.familienname = words[4];
    p.geburtsdatum = words[5];
    gebuehr.__item = words[6];
    gebuehr.waehrung = "EUR";
    p.gebuehr = &gebuehr;
    p.__sizevorname = count - 7;
    p.vorname = words + 7;
    in.person = &p;
    if (soap_call___ns1__MeldePerson(soap, endpoint, NULL, &in, &out)) return faulted(soap);
    person(out.person);
    return 0;
  }
  if (!strcmp(operation, "BerechneGebuehr") && count > 5) {
    struct ns3__BerechneGebuehrResponse out;
    if (soap_call_ns3__BerechneGebuehr(soap, endpoint, NULL, words[3], words[4], words[5], &out)) return faulted(soap);
    printf("{\"result\":{");
    text("gebuehr", out._gebuehr, ",");
    text("ort", out._anschrift ? out._anschrift->ort : NULL, "}}\n");
    return 0;
  }
  fprintf(stderr, "no such operation, or words are missing\n");
  return 1;
}
