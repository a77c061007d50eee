// A service in C over contracts/akten.wsdl: gives back what it was given, as parts beside the envelope (MTOM) where it came so.
// Takes its port as argument.

#include "soapH.h"
#include "Akten.nsmap"
#include <string.h>
#include <stdlib.h>
int __ns1__LegeAb(struct soap *soap, struct _ns1__LegeAb *in, struct _ns1__LegeAbResponse *out)
{
  if (strcmp(in->zeichen, "gesperrt") == 0) {
    soap_sender_fault(soap, "Die Akte ist gesperrt", NULL);
    soap->fault->detail = soap_malloc(soap, sizeof(struct SOAP_ENV__Detail));
    soap_default_SOAP_ENV__Detail(soap, soap->fault->detail);
    struct _ns1__AkteGesperrt *sperre = soap_malloc(soap, sizeof *sperre);
    sperre->bis = "2027-01-01";
    soap->fault->detail->ns1__AkteGesperrt = sperre;
    return SOAP_FAULT;
  }
  out->zeichen = in->zeichen;
  out->groesse = in->inhalt.__size;
  out->__sizevermerk = in->__sizevermerk;
  out->vermerk = in->vermerk;
  out->inhalt.__ptr = in->inhalt.__ptr;
  out->inhalt.__size = in->inhalt.__size;
  out->inhalt.id = NULL; out->inhalt.type = NULL; out->inhalt.options = NULL;
  if (soap->mode & SOAP_ENC_MTOM || in->inhalt.id != NULL) {
    soap_set_omode(soap, SOAP_ENC_MTOM);
    out->inhalt.id = "";
    out->inhalt.type = "application/octet-stream";
  }
  return SOAP_OK;
}
int main(int argc, char **argv)
{
  struct soap soap;
  soap_init2(&soap, SOAP_IO_KEEPALIVE, SOAP_IO_KEEPALIVE);
  soap_set_namespaces(&soap, namespaces);
  soap.bind_flags = SO_REUSEADDR;
  soap.recv_timeout = 5; soap.send_timeout = 5;
  if (!soap_valid_socket(soap_bind(&soap, "127.0.0.1", atoi(argv[1]), 100))) return 1;
  for (;;) {
    if (!soap_valid_socket(soap_accept(&soap))) return 2;
    soap_clr_omode(&soap, SOAP_ENC_MTOM);
    soap_serve(&soap);
    soap_destroy(&soap); soap_end(&soap);
  }
}
