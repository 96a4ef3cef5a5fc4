"""A WinRM listener whose log-in and sealing are Debian's gss-ntlmssp (MIT GSSAPI), for specs: what accepts our client shares no code with it.

Usage: gss_front.py raw|spnego [CERTIFICATE KEY]
NTLM_USER_FILE names the accounts (DOMAIN:user:password). Prints one line of JSON with its port, then one for each connection that
ended: who logged in, and all bytes that were received and sent (base64; with TLS those inside of it).
It ends when its standard input is closed.
The command `echo` gives back its standard input; `silence N` prints nothing for N seconds, then `done`, and answers each Receive whose
OperationTimeout is over before that with the fault 2150858793, as Windows does; any other prints on both streams, in three answers, with
a character cut in two.
"""
import base64
import json
import os
import re
import socket
import ssl
import sys
import threading
import time
import uuid
import xml.etree.ElementTree as ET
from hashlib import sha256

import gssapi
from gssapi.raw import ChannelBindings

MECHANISM = {'raw': gssapi.OID.from_int_seq('1.3.6.1.4.1.311.2.2.10'), 'spnego': gssapi.OID.from_int_seq('1.3.6.1.5.5.2')}[sys.argv[1]]
SHELL = 'http://schemas.microsoft.com/wbem/wsman/1/windows/shell'
ADDRESSING = 'http://schemas.xmlsoap.org/ws/2004/08/addressing'
SOAP = 'http://www.w3.org/2003/05/soap-envelope'
WSMAN = 'http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd'
TIMED_OUT = ('<s:Fault><s:Code><s:Value>s:Receiver</s:Value><s:Subcode><s:Value>w:TimedOut</s:Value></s:Subcode></s:Code>'
             '<s:Reason><s:Text xml:lang="en-US">The operation timed out.</s:Text></s:Reason><s:Detail>'
             '<f:WSManFault xmlns:f="http://schemas.microsoft.com/wbem/wsman/1/wsmanfault" Code="2150858793"/></s:Detail></s:Fault>')
SEALED = 'application/HTTP-SPNEGO-session-encrypted'
EURO = '\u20ac\n'.encode()


TELLING = threading.Lock()


def tell(**values):
    with TELLING:
        sys.stdout.write(json.dumps(values) + '\n')
        sys.stdout.flush()


class Shell:
    """What the requests do; one command at a time is enough here."""

    def __init__(self):
        self.line, self.stdin, self.receives, self.began = '', b'', 0, 0.0
        self.has_all_input = threading.Event()

    def answer(self, xml):
        root = ET.fromstring(xml)
        action = root.find(f'.//{{{ADDRESSING}}}Action').text.rsplit('/', 1)[1]
        message_id = root.find(f'.//{{{ADDRESSING}}}MessageID').text
        body = getattr(self, 'on_' + action.lower())(root)
        return (f'<s:Envelope xmlns:s="{SOAP}" xmlns:a="{ADDRESSING}" xmlns:w="{WSMAN}" xmlns:rsp="{SHELL}"><s:Header><a:RelatesTo>{message_id}</a:RelatesTo></s:Header>'
                f'<s:Body>{body}</s:Body></s:Envelope>').encode()

    def on_create(self, _root):
        return f'<rsp:Shell><rsp:ShellId>{uuid.uuid4()}</rsp:ShellId></rsp:Shell>'

    def on_delete(self, _root):
        return ''

    def on_signal(self, _root):
        return '<rsp:SignalResponse/>'

    def on_command(self, root):
        self.line, self.stdin, self.receives, self.began = root.find(f'.//{{{SHELL}}}Command').text, b'', 0, time.monotonic()
        self.has_all_input.clear()
        return f'<rsp:CommandResponse><rsp:CommandId>{uuid.uuid4()}</rsp:CommandId></rsp:CommandResponse>'

    def on_send(self, root):
        stream = root.find(f'.//{{{SHELL}}}Stream')
        self.stdin += base64.b64decode(stream.text or '')
        if stream.get('End') == 'true':
            self.has_all_input.set()
        return '<rsp:SendResponse/>'

    def on_receive(self, root):
        command_id = root.find(f'.//{{{SHELL}}}DesiredStream').get('CommandId')

        def stream(name, data):
            return f'<rsp:Stream Name="{name}" CommandId="{command_id}">{base64.b64encode(data).decode()}</rsp:Stream>'

        self.receives += 1
        if self.line == 'echo':
            self.has_all_input.wait(20)
            output, is_done = stream('stdout', self.stdin), True
        elif self.line.startswith('silence '):
            left = self.began + float(self.line.split(' ')[1]) - time.monotonic()
            timeout = float(root.find(f'.//{{{WSMAN}}}OperationTimeout').text[2:-1])
            time.sleep(max(0, min(left, timeout)))
            if left > timeout:
                return TIMED_OUT
            output, is_done = stream('stdout', b'done\n'), True
        else:
            answers = [stream('stdout', b'one\n' + EURO[:1]), stream('stdout', EURO[1:]) + stream('stderr', b'two\n'), '']
            output, is_done = answers[self.receives - 1], self.receives == len(answers)
        done = f'<rsp:CommandState CommandId="{command_id}" State="{SHELL}/CommandState/Done"><rsp:ExitCode>7</rsp:ExitCode></rsp:CommandState>'
        return f'<rsp:ReceiveResponse>{output}{done if is_done else ""}</rsp:ReceiveResponse>'


class Connection:
    shell = Shell()

    def __init__(self, sock, bindings):
        self.sock, self.received, self.sent, self.buffer = sock, b'', b'', b''
        self.bindings, self.context, self.is_tls = bindings, None, bindings is not None

    def serve(self):
        try:
            while self.one_request():
                pass
        except (OSError, ssl.SSLError):
            pass
        finally:
            self.sock.close()
            is_open = self.context is not None and self.context.complete
            tell(loggedIn=str(self.context.initiator_name) if is_open else None,
                 received=base64.b64encode(self.received).decode(), sent=base64.b64encode(self.sent).decode())

    def read_until(self, is_enough):
        while not is_enough(self.buffer):
            more = self.sock.recv(65536)
            if not more:
                return False
            self.received += more
            self.buffer += more
        return True

    def one_request(self):
        if not self.read_until(lambda b: b'\r\n\r\n' in b):
            return False
        head, self.buffer = self.buffer.split(b'\r\n\r\n', 1)
        headers = {k.lower(): v for k, v in (line.split(': ', 1) for line in head.decode('latin1').split('\r\n')[1:])}
        length = int(headers.get('content-length', 0))
        if not self.read_until(lambda b: len(b) >= length):
            return False
        body, self.buffer = self.buffer[:length], self.buffer[length:]
        if 'authorization' in headers:
            self.log_in(headers['authorization'])
        elif self.context is None or not self.context.complete:
            self.respond(401, {'WWW-Authenticate': 'Negotiate'})
        else:
            self.soap(headers, body)
        return True

    def log_in(self, authorization):
        scheme, token = authorization.split(' ', 1)
        try:
            if self.context is None or self.context.complete:
                self.context = gssapi.SecurityContext(
                    creds=gssapi.Credentials(usage='accept', mechs=[MECHANISM]), usage='accept', channel_bindings=self.bindings)
            answer = self.context.step(base64.b64decode(token))
            # An error that came with a token shows only here.
            is_complete = self.context.complete
        except gssapi.exceptions.GSSError as error:
            print(f'refused: {error}', file=sys.stderr, flush=True)
            self.context = None
            self.respond(401, {'WWW-Authenticate': 'Negotiate'})
            return
        headers = {'WWW-Authenticate': f'{scheme} {base64.b64encode(answer).decode()}'} if answer else {}
        self.respond(200 if is_complete else 401, headers)

    def soap(self, headers, body):
        if self.is_tls:
            self.respond(200, {'Content-Type': 'application/soap+xml;charset=UTF-8'}, self.shell.answer(body))
            return
        if 'multipart/encrypted' not in headers['content-type']:
            self.respond(400)
            return
        start = body.index(b'application/octet-stream\r\n') + len(b'application/octet-stream\r\n')
        length = int(re.search(rb'Length=(\d+)', body).group(1))
        signature_length = int.from_bytes(body[start:start + 4], 'little')
        sealed = body[start + 4:start + 4 + signature_length + length]
        plain = self.context.unwrap(sealed)
        assert plain.encrypted, 'the message was not sealed'
        answer = self.shell.answer(plain.message)
        wrapped = self.context.wrap(answer, True)
        assert wrapped.encrypted
        frame = (f'--Encrypted Boundary\r\n\tContent-Type: {SEALED}\r\n\tOriginalContent: type=application/soap+xml;charset=UTF-8;Length={len(answer)}\r\n'
                 '--Encrypted Boundary\r\n\tContent-Type: application/octet-stream\r\n').encode()
        self.respond(200, {'Content-Type': f'multipart/encrypted;protocol="{SEALED}";boundary="Encrypted Boundary"'},
                     frame + (16).to_bytes(4, 'little') + wrapped.message + b'--Encrypted Boundary--\r\n')

    def respond(self, status, headers=None, body=b''):
        lines = [f'HTTP/1.1 {status} Status'] + [f'{k}: {v}' for k, v in (headers or {}).items()] + [f'Content-Length: {len(body)}', '', '']
        out = '\r\n'.join(lines).encode('latin1') + body
        self.sent += out
        self.sock.sendall(out)


def main():
    listener = socket.create_server(('127.0.0.1', 0))
    tls, bindings = None, None
    if len(sys.argv) > 2:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(sys.argv[2], sys.argv[3])
        with open(sys.argv[2], encoding='ascii') as pem:
            end_point = sha256(ssl.PEM_cert_to_DER_cert(pem.read())).digest()
        bindings = ChannelBindings(application_data=b'tls-server-end-point:' + end_point)
    tell(port=listener.getsockname()[1])

    def serve(sock):
        try:
            accepted = tls.wrap_socket(sock, server_side=True) if tls else sock
        except (OSError, ssl.SSLError):
            sock.close()
            return
        Connection(accepted, bindings).serve()

    def end_with_parent():
        sys.stdin.read()
        os._exit(0)

    threading.Thread(target=end_with_parent, daemon=True).start()
    while True:
        sock, _ = listener.accept()
        threading.Thread(target=serve, args=(sock,), daemon=True).start()


main()
