// SPDX-License-Identifier: Apache-2.0
import Foundation
import MartletTesting
import Testing

/// Runs a body with an nginx that speaks TLS and HTTP/2 for `localhost`, and the path of its self-made certificate.
func withNginx(_ body: (NginxServer, _ certificate: String) async throws -> Void) async throws {
    try await withFolder { folder in
        let certificate = folder.appendingPathComponent("certificate.pem").path
        let openssl = Process()
        openssl.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
        openssl.arguments = [
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
            "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-out", certificate, "-keyout",
            folder.appendingPathComponent("key.pem").path,
        ]
        openssl.standardError = FileHandle.nullDevice
        try openssl.run()
        openssl.waitUntilExit()
        try #require(openssl.terminationStatus == 0)
        let server = try NginxServer.start(in: folder)
        defer { server.stop() }
        try await body(server, certificate)
    }
}

struct NginxServer {
    let port: UInt16
    private let process: Process

    func url(host: String) -> String { "https://\(host):\(port)/" }

    /// Starts nginx on a port that was free a moment ago, and again on another when it was taken meanwhile.
    static func start(in folder: URL) throws -> NginxServer {
        for _ in 0..<5 {
            let port = try RefusingPort().port
            let file = folder.appendingPathComponent("nginx.conf")
            try configuration(folder: folder.path, port: port).write(to: file, atomically: true, encoding: .utf8)
            let log = Pipe()
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/sbin/nginx")
            process.arguments = ["-p", folder.path, "-c", file.path, "-e", "stderr"]
            process.standardError = log
            try process.run()
            // It says so once its workers run, after binding.
            if says("start worker process ", log.fileHandleForReading) {
                return NginxServer(port: port, process: process)
            }
            process.waitUntilExit()
        }
        throw NginxDidNotStart()
    }

    func stop() {
        process.terminate()
        process.waitUntilExit()
    }

    /// Reads until that text comes; false when the log ends without it.
    private static func says(_ text: String, _ log: FileHandle) -> Bool {
        var seen = ""
        while true {
            let part = log.availableData
            if part.isEmpty { return false }
            seen += String(decoding: part, as: UTF8.self)
            if seen.contains(text) { return true }
        }
    }

    private struct NginxDidNotStart: Error {}

    private static func configuration(folder: String, port: UInt16) -> String {
        """
        daemon off;
        worker_processes 1;
        pid \(folder)/nginx.pid;
        error_log stderr notice;
        events { worker_connections 256; }
        http {
            access_log off;
            client_body_temp_path \(folder)/body;
            proxy_temp_path \(folder)/proxy;
            fastcgi_temp_path \(folder)/fastcgi;
            uwsgi_temp_path \(folder)/uwsgi;
            scgi_temp_path \(folder)/scgi;
            server {
                listen 127.0.0.1:\(port) ssl http2;
                ssl_certificate \(folder)/certificate.pem;
                ssl_certificate_key \(folder)/key.pem;
                add_header x-protocol $server_protocol always;
                add_header x-connection $connection always;
                location / { return 200 "secure"; }
            }
        }
        """
    }
}
