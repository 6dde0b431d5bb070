// SPDX-License-Identifier: Apache-2.0
import Foundation
import MartletTesting
import Testing

/// Runs a body with an nginx that speaks TLS and HTTP/2 for `localhost`, and the path of its self-made certificate.
///
/// `options`: further lines of its server block.
func withNginx(
    options: String = "",
    _ body: (NginxServer, _ certificate: String) async throws -> Void
) async throws {
    try await withFolder { folder in
        let certificate = try TestCertificate(named: "localhost", in: folder)
        let server = try NginxServer.start(in: folder, certificate: certificate, options: options)
        defer { server.stop() }
        try await body(server, certificate.path)
    }
}

struct NginxServer {
    let port: UInt16
    private let process: Process

    func url(host: String) -> String { "https://\(host):\(port)/" }

    /// Starts nginx on a port that was free a moment ago, and again on another when it was taken meanwhile.
    static func start(in folder: URL, certificate: TestCertificate, options: String = "") throws -> NginxServer {
        for _ in 0..<5 {
            let port = try RefusingPort().port
            let file = folder.appendingPathComponent("nginx.conf")
            try configuration(folder: folder.path, port: port, certificate: certificate, options: options)
                .write(to: file, atomically: true, encoding: .utf8)
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
            process.terminate()
            process.waitForEnd(of: "nginx, which did not start")
        }
        throw NginxDidNotStart()
    }

    func stop() {
        process.terminate()
        process.waitForEnd(of: "nginx")
    }

    /// Reads until that text comes; false when the log ends without it, or is silent for too long.
    private static func says(_ text: String, _ log: FileHandle) -> Bool {
        var seen = ""
        while true {
            var poller = pollfd(fd: log.fileDescriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&poller, 1, 20_000) > 0 else { return false }
            let part = log.availableData
            if part.isEmpty { return false }
            seen += String(decoding: part, as: UTF8.self)
            if seen.contains(text) { return true }
        }
    }

    private struct NginxDidNotStart: Error {}

    private static func configuration(folder: String, port: UInt16, certificate: TestCertificate, options: String)
        -> String
    {
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
                ssl_certificate \(certificate.path);
                ssl_certificate_key \(certificate.keyPath);
                add_header x-protocol $server_protocol always;
                add_header x-connection $connection always;
                add_header x-client $ssl_client_s_dn always;
                add_header x-proxy-authorization $http_proxy_authorization always;
                \(options)
                location /challenge { return 407; }
                location / { return 200 "secure"; }
            }
        }
        """
    }
}
