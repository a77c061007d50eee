/* Files away bytes by contracts/akten.wsdl as a part beside the envelope (MTOM), and says whether they came back the same. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "soapH.h"
#include "Akten.nsmap"

int main(int count, char **words)
{
  struct soap *soap = soap_new1(SOAP_ENC_MTOM);
  struct _ns1__LegeAb in;
  struct _ns1__LegeAbResponse out;
  int size, at;
  if (count < 5) {
    fprintf(stderr, "usage: client VERSION ENDPOINT LegeAb SIZE\n");
    return 1;
  }
  soap->connect_timeout = soap->send_timeout = soap->recv_timeout = 10;
  size = atoi(words[4]);
  memset(&in, 0, sizeof in);
  in.zeichen = "A/0007";
  in.anzahl = 1;
  in.eilig = xsd__boolean__true_;
  in.inhalt.__ptr = malloc((size_t)size + 1);
  in.inhalt.__size = size;
  for (at = 0; at < size; at++) in.inhalt.__ptr[at] = (unsigned char)(at * 7 + at / 251);
  in.inhalt.id = NULL;
  in.inhalt.type = "application/octet-stream";
  if (soap_call___ns1__LegeAb(soap, words[2], NULL, &in, &out)) {
    soap_set_fault(soap);
    printf("{\"fault\":{\"code\":\"%s\",\"text\":\"%s\"}}\n", *soap_faultcode(soap), *soap_faultstring(soap));
    return 0;
  }
  at = out.inhalt.__size == size && !memcmp(out.inhalt.__ptr, in.inhalt.__ptr, (size_t)size);
  printf("{\"result\":{\"zeichen\":\"%s\",\"groesse\":%d,\"same\":%s}}\n", out.zeichen, out.groesse, at ? "true" : "false");
  return 0;
}
