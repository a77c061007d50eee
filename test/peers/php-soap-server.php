<?php
// PHP's SoapServer over invented contracts: /hunde (document/literal, SOAP 1.1 and 1.2), /rpc-literal, /rpc-encoded. What
// came is kept for the test to look at, as PHP understood it.
ini_set("soap.wsdl_cache_enabled", "0");
ini_set("default_socket_timeout", "5");
$folder = getenv("CONTRACTS");
$seen = getenv("SEEN");

class Hunde {
    public function LeseHund($anfrage) {
        if ($anfrage->kennzeichen === "000000") {
            throw new SoapFault("Client", "Kein Hund mit diesem Kennzeichen", null,
                new SoapVar("<h:HundUnbekannt xmlns:h='urn:example:hunde'><h:kennzeichen>000000</h:kennzeichen></h:HundUnbekannt>", XSD_ANYXML));
        }
        if ($anfrage->kennzeichen === "000001") throw new SoapFault("Server", "Die Datenbank ruht");
        if ($anfrage->kennzeichen === "000002") return new stdClass();
        $hund = [
            "kennzeichen" => $anfrage->kennzeichen, "rasse" => "Dackel & <Teckel>", "geboren" => "2021-02-28",
            "gewicht" => "0012.50", "steuer" => "123456789012345678.10", "alter" => 5, "gefaehrlich" => false, "bemerkung" => null,
            "impfung" => [["am" => "2022-01-31", "stoff" => "Tollwut", "charge" => "0007"]],
            "chip" => "276098102345678",
            "halter" => new SoapVar(["nummer" => 42, "name" => "Müller", "vorname" => ["Anna", "Éva"]], SOAP_ENC_OBJECT, "Person", "urn:example:hunde"),
            "status" => "aktiv",
        ];
        return ["hund" => $hund];
    }
    public function MeldeHund($anfrage) {
        global $seen;
        file_put_contents($seen, json_encode($anfrage));
        return $anfrage;
    }
}

class Steuern {
    public function Steuern($kennzeichen, $steuern) {
        global $seen;
        file_put_contents($seen, json_encode([$kennzeichen, $steuern]));
        return ["summe" => "0100.10", "steuern" => $steuern];
    }
}

$path = $_SERVER["REQUEST_URI"];
if ($path === "/hunde") [$file, $class] = ["hunde.wsdl", "Hunde"];
else [$file, $class] = ["hunde-$path.wsdl", "Steuern"];
$file = str_replace("-/", "-", $file);
$server = new SoapServer("$folder/$file", [
    "cache_wsdl" => WSDL_CACHE_NONE,
    "features" => SOAP_SINGLE_ELEMENT_ARRAYS,
    "soap_version" => str_contains($_SERVER["CONTENT_TYPE"] ?? "", "soap+xml") ? SOAP_1_2 : SOAP_1_1,
]);
$server->setClass($class);
$server->handle();
