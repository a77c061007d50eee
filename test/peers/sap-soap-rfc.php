<?php
// An SAP system as SOAP-RFC shows it, for tests: its own reading and writing of the shapes (no php-soap), its own users, sessions and
// a small store that only BAPI_TRANSACTION_COMMIT writes to. Started by sap-soap-rfc.ts under PHP's own web server.
//
// What is asked for decides what happens; SAP_ROOM is a folder for sessions, the store and a protocol of all calls.

const FUNCTIONS = 'urn:sap-com:document:sap:rfc:functions';
const ENVELOPE = 'http://schemas.xmlsoap.org/soap/envelope/';
const SESSION = 'http://www.sap.com/webas/630/soap/features/session/';

function room(string $name): string {
    return getenv('SAP_ROOM') . '/' . $name;
}

function note(array $line): void {
    file_put_contents(room('protocol'), json_encode($line) . "\n", FILE_APPEND | LOCK_EX);
}

function answer(int $status, string $body, string $type = 'text/xml; charset=utf-8'): never {
    http_response_code($status);
    header("Content-Type: $type");
    echo $body;
    exit;
}

function soap(int $status, string $content): never {
    answer($status, '<?xml version="1.0" encoding="utf-8"?><SOAP-ENV:Envelope xmlns:SOAP-ENV="' . ENVELOPE
        . '"><SOAP-ENV:Body>' . $content . '</SOAP-ENV:Body></SOAP-ENV:Envelope>');
}

function response(string $function, string $parameters): never {
    $name = str_replace('/', '_-', $function) . '.Response';
    soap(200, "<urn:$name xmlns:urn=\"" . FUNCTIONS . "\">$parameters</urn:$name>");
}

function fault(string $type, string $message, string $code = 'SOAP-ENV:Server'): never {
    soap(500, "<SOAP-ENV:Fault><faultcode>$code</faultcode><faultstring>Internal Server Error</faultstring><detail>"
        . '<rfc:Error xmlns:rfc="urn:sap-com:document:sap:soap:functions">'
        . "<type>$type</type><message>$message</message></rfc:Error></detail></SOAP-ENV:Fault>");
}

function text(string $value): string {
    return htmlspecialchars($value, ENT_XML1 | ENT_QUOTES, 'UTF-8');
}

function message(string $type, string $id, string $number, string $text, array $v = []): string {
    $fields = ['TYPE' => $type, 'ID' => $id, 'NUMBER' => $number, 'MESSAGE' => $text, 'LOG_NO' => '', 'LOG_MSG_NO' => '000000'];
    foreach ([1, 2, 3, 4] as $n) $fields["MESSAGE_V$n"] = $v[$n - 1] ?? '';
    $fields += ['PARAMETER' => '', 'ROW' => 0, 'FIELD' => '', 'SYSTEM' => 'T01CLNT100'];
    $xml = '';
    foreach ($fields as $name => $value) $xml .= "<$name>" . text((string) $value) . "</$name>";
    return $xml;
}

/** The parameters as nested arrays; a table is a list of its items. */
function values(DOMElement $element): mixed {
    $children = [];
    foreach ($element->childNodes as $child) if ($child instanceof DOMElement) $children[] = $child;
    if ($children === []) return $element->textContent;
    if ($children[0]->localName === 'item') return array_map('values', $children);
    $result = [];
    foreach ($children as $child) $result[str_replace('_-', '/', $child->localName)] = values($child);
    return $result;
}

/** TABLES parameters come back only where their tag was sent. */
function table(array $sent, string $name, string $items): string {
    return array_key_exists($name, $sent) ? "<$name>$items</$name>" : '';
}

// ── logon ────────────────────────────────────────────────────────────────────────────────────────────────────────────

$path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
if ($path !== '/sap/bc/soap/rfc' && $path !== '/sap/bc/srt/rfc/sap/z_service') {
    answer(404, '<html><body>Not found</body></html>', 'text/html');
}
if (($_SERVER['PHP_AUTH_USER'] ?? '') !== 'STEG' || ($_SERVER['PHP_AUTH_PW'] ?? '') !== 'geheim:1') {
    note(['logon' => 'refused']);
    header('WWW-Authenticate: Basic realm="SAP NetWeaver Application Server [T01/100]"');
    header('Set-Cookie: sap-usercontext=sap-client=100; path=/');
    answer(401, '<!DOCTYPE html><html><head><title>Logon Error Message</title></head><body>Logon failed</body></html>', 'text/html; charset=utf-8');
}
if (($_GET['sap-client'] ?? '') !== '100') answer(403, '<html><body>Forbidden</body></html>', 'text/html');

// ── the call ─────────────────────────────────────────────────────────────────────────────────────────────────────────

$body = file_get_contents('php://input');
$document = new DOMDocument();
if (!$document->loadXML($body, LIBXML_NONET)) fault('CX_ST_DESERIALIZATION_ERROR', 'not well-formed', 'SOAP-ENV:Client');
$envelope = $document->documentElement;
if ($envelope->namespaceURI !== ENVELOPE) fault('SOAP_VERSION', 'no envelope', 'SOAP-ENV:Client');
$call = null;
$enable = null;
foreach ($envelope->childNodes as $part) {
    if (!$part instanceof DOMElement) continue;
    if ($part->localName === 'Header') {
        foreach ($part->getElementsByTagNameNS(SESSION, 'Session') as $session) $enable = trim($session->textContent);
    }
    if ($part->localName === 'Body') {
        foreach ($part->childNodes as $child) if ($child instanceof DOMElement) $call = $child;
    }
}
if ($call === null || $call->namespaceURI !== FUNCTIONS) fault('SOAP_BODY', 'no function', 'SOAP-ENV:Client');
$function = str_replace('_-', '/', $call->localName);
$sent = values($call);
if (!is_array($sent)) $sent = [];
foreach ($call->childNodes as $child) {
    if ($child instanceof DOMElement && $child->namespaceURI !== null) fault('CX_ST_MATCH_ELEMENT', 'parameter with a namespace', 'SOAP-ENV:Client');
}

// A session lives in a file named by the cookie; without one each call is a world of its own.
$context = $_COOKIE['sap-contextid'] ?? null;
if ($context !== null && !preg_match('/^[0-9a-f]{32}$/', $context)) fault('SESSION', 'unknown session');
$pending = $context !== null && is_file(room("session-$context")) ? json_decode(file_get_contents(room("session-$context")), true) : [];
if ($context === null && $enable === 'true' && ($_GET['nosession'] ?? '') === '') {
    $context = bin2hex(random_bytes(16));
    header("Set-Cookie: sap-contextid=$context; path=/sap; HttpOnly");
}
note(['function' => $function, 'sent' => $sent, 'session' => $context, 'enable' => $enable, 'language' => $_GET['sap-language'] ?? '',
    'headers' => array_change_key_case(getallheaders())]);

function remember(array $pending): void {
    global $context;
    if ($context !== null) file_put_contents(room("session-$context"), json_encode($pending), LOCK_EX);
}

function forget(): void {
    global $context, $enable;
    if ($context !== null && $enable === 'false') {
        @unlink(room("session-$context"));
        header('Set-Cookie: sap-contextid=0; expires=Tue, 01-Jan-1980 00:00:01 GMT; Max-Age=0; path=/sap');
    }
}

switch ($function) {
    case 'BAPI_USER_GET_DETAIL':
        $user = $sent['USERNAME'] ?? '';
        if ($user !== 'MUSTER') {
            response($function, '<ADDRESS/>' . table($sent, 'RETURN', '<item>' . message('E', '01', '124', "User $user does not exist", [$user]) . '</item>')
                . table($sent, 'PROFILES', ''));
        }
        response($function, '<ADDRESS><FIRSTNAME>Erika &amp; Max</FIRSTNAME><LASTNAME>Muster</LASTNAME><POSTL_COD1>01067</POSTL_COD1></ADDRESS>'
            . '<LOGONDATA><GLTGV>2026-01-31</GLTGV><GLTGB>0000-00-00</GLTGB><LTIME>08:30:00</LTIME></LOGONDATA><ISLOCKED/>'
            . table($sent, 'RETURN', '<item>' . message('S', '01', '000', 'Found') . '</item><item>' . message('W', '01', '099', 'Old profile') . '</item>')
            . table($sent, 'PROFILES', '<item><BAPIPROF>S_A.SHOW</BAPIPROF></item><item><BAPIPROF>Z_/X</BAPIPROF></item>'));

    case 'Z_ECHO':
        // Everything that was sent comes back under another name, as it stands.
        $inner = '';
        foreach ($call->childNodes as $child) if ($child instanceof DOMElement) $inner .= $document->saveXML($child);
        response($function, $inner);

    case 'Z_TYPES':
        response($function, '<CHAR10>  00012 x </CHAR10><NUMC6>001234</NUMC6><INT>5-</INT><BIG>9007199254740993</BIG><AMOUNT>1234567890123.45-</AMOUNT>'
            . '<RAW>3q2+7w==</RAW><EMPTY/><LINES/><ST><A>1</A><B><item>x</item><item>y</item></B></ST>');

    case '/ACME/CALL':
        response($function, '<_-ACME_-FIELD>' . text($sent['/ACME/FIELD'] ?? '?') . '</_-ACME_-FIELD>');

    case 'Z_SERVICE':
        // As a service of SOAMANAGER answers: no dot, and dates with hyphens.
        soap(200, '<n0:Z_SERVICEResponse xmlns:n0="urn:sap-com:document:sap:rfc:functions"><DAY>2026-11-21</DAY><AT>10:25:00</AT><SEEN>'
            . text($sent['DAY'] ?? '') . '</SEEN></n0:Z_SERVICEResponse>');

    case 'Z_EXCEPTION':
        soap(200, '<rfc:Z_EXCEPTION.Exception xmlns:rfc="urn:sap-com:document:sap:rfc:functions"><Name>NOT_FOUND</Name><Text>Nothing there</Text>'
            . '<Message><ID>ZZ</ID><Number>042</Number></Message><Attributes><V1>4711</V1></Attributes></rfc:Z_EXCEPTION.Exception>');

    case 'Z_EXCEPTION_500':
        soap(500, '<SOAP-ENV:Fault><faultcode>SOAP-ENV:Server</faultcode><faultstring>application error</faultstring><detail>'
            . '<n0:Z_EXCEPTION_500.Exception xmlns:n0="urn:sap-com:document:sap:rfc:functions"><Name>LOCKED</Name></n0:Z_EXCEPTION_500.Exception></detail></SOAP-ENV:Fault>');

    case 'Z_DUMP':
        fault('SYSTEM_FAILURE', 'Division by 0 (type I) of 4711');

    case 'Z_MESSAGE_E':
        fault('ERROR_MESSAGE_STATE', 'Changes are not permitted in this client', 'SOAP-ENV:Client');

    case 'Z_MESSAGE_X':
        fault('MESSAGE_TYPE_X', 'The current application was terminated');

    case 'Z_NO_AUTHORITY':
        fault('RFC_NO_AUTHORITY', 'No RFC authorization for function group ZX');

    case 'Z_PARAMETER':
        fault('CX_ST_DESERIALIZATION_ERROR', 'wrong value', 'SOAP-ENV:Client');

    case 'Z_LOGON':
        fault('RFC_ERROR_LOGON_FAILURE', 'Password logon no longer possible - too many failed attempts');

    case 'Z_PARTNER':
        fault('COMMUNICATION_FAILURE', 'partner not reached');

    case 'Z_DUMP_HTML':
        answer(500, '<html><body><h1>500 SAP Internal Server Error</h1>ERROR: Division by 0</body></html>', 'text/html');

    case 'Z_LOGON_PAGE':
        answer(200, '<!DOCTYPE html><html><body><form>New password</form></body></html>', 'text/html');

    case 'Z_BUSY':
        header('Retry-After: 7');
        answer(503, 'Service Unavailable', 'text/plain');

    case 'Z_OTHER_ANSWER':
        response('BAPI_SOMETHING_ELSE', '<A>1</A>');

    case 'Z_DOCTYPE':
        answer(200, '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "x"><!ENTITY c "&b;&b;&b;">]><a>&c;</a>');

    case 'Z_DEEP':
        response($function, str_repeat('<A>', 5000) . str_repeat('</A>', 5000));

    case 'Z_LONG':
        response($function, '<TEXT>' . str_repeat('x', (int) ($sent['SIZE'] ?? 0)) . '</TEXT>');

    case 'Z_SLOW':
        usleep((int) ($sent['MILLISECONDS'] ?? 0) * 1000);
        response($function, '<DONE>X</DONE>');

    case 'Z_CREATE':
        // Writes nothing itself: what it registers is written by the commit of the same session.
        $type = $sent['RESULT'] ?? 'S';
        if ($type === 'RAISE') soap(200, '<rfc:Z_CREATE.Exception xmlns:rfc="' . FUNCTIONS . '"><Name>REFUSED</Name></rfc:Z_CREATE.Exception>');
        $pending[] = $sent['DOCUMENT'] ?? '';
        remember($pending);
        response($function, '<NUMBER>0000004711</NUMBER><RETURN>' . message($type, 'ZC', '007', "Result $type") . '</RETURN>');

    case 'BAPI_TRANSACTION_COMMIT':
        if ($pending === ['FAILS']) {
            forget();
            response($function, '<RETURN>' . message('E', 'S1', '150', 'Update was terminated') . '</RETURN>');
        }
        if ($pending === ['SLOW']) sleep(3);
        foreach ($pending as $document) file_put_contents(room('store'), "$document\n", FILE_APPEND | LOCK_EX);
        forget();
        response($function, '<RETURN>' . message('', '', '000', '') . '</RETURN>');

    case 'BAPI_TRANSACTION_ROLLBACK':
        forget();
        response($function, '<RETURN>' . message('', '', '000', '') . '</RETURN>');

    default:
        fault('FUNCTION_NOT_FOUND', "Function module \"$function\" not found");
}
