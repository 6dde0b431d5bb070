// swift-tools-version: 6.2
import PackageDescription

// Every target of Martlet is built the same way: Swift 6 language mode, explicit existentials, imports that
// stay inside the file's module unless said otherwise, and warnings are errors.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
]

func library(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

func tests(
    of name: String,
    _ dependencies: [Target.Dependency] = [],
    linkerSettings: [LinkerSetting] = []
) -> Target {
    .testTarget(
        name: "\(name)Tests",
        dependencies: [.byName(name: name), "MartletTesting"] + dependencies,
        resources: [],
        swiftSettings: strict,
        linkerSettings: linkerSettings
    )
}

let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
// GRDB's own binding of the SQLite that it links.
let sqlite = Target.Dependency.product(name: "GRDBSQLite", package: "GRDB.swift")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
    name: "martlet",
    products: [.executable(name: "martlet", targets: ["martlet"])],
    dependencies: [
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    ],
    targets: [
        // System libraries: a module map and a header of wrappers, nothing else.
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CHTTPParser", providers: [.apt(["libhttp-parser-dev"])]),
        .systemLibrary(name: "CLinux"),
        .systemLibrary(name: "CSQLite"),

        // The core: bytes and values, no I/O.
        library("MartletWire"),
        library("MartletCore", ["MartletWire"]),
        // What everything that runs stands on: event loop, queue executor, mailbox, clock, metrics, log.
        library("MartletRuntime", ["MartletCore", "MartletWire", "CLinux", logging]),

        // Adapters. None of them imports another.
        library("MartletCrypto", ["MartletCore", "COpenSSL"]),
        library("MartletProviders", ["MartletCore", "MartletWire", "MartletCrypto"]),
        library("MartletNet", ["MartletCore", "MartletWire", "MartletRuntime", "CHTTPParser", "CLinux"]),
        library("MartletDelivery", ["MartletCore", "MartletWire", "MartletRuntime", "CCurl", "CLinux"]),
        library("MartletStore", ["MartletCore", "MartletWire"]),
        library("MartletStoreSQLite", ["MartletCore", "MartletWire", "MartletStore", grdb, sqlite, "CSQLite"]),

        // The way of an event, and what surrounds it.
        library(
            "MartletEngine",
            [
                "MartletCore", "MartletWire", "MartletRuntime", "MartletCrypto", "MartletProviders", "MartletStore",
                logging,
            ]
        ),
        library("MartletConfig", ["MartletCore", "MartletWire", "MartletCrypto", "MartletProviders"]),
        // The dashboard's pages, embedded in the executable: it needs no file beside it.
        .target(
            name: "MartletDashboard",
            resources: [.embedInCode("assets")],
            swiftSettings: strict
        ),
        library(
            "MartletAdmin",
            [
                "MartletCore", "MartletWire", "MartletRuntime", "MartletCrypto", "MartletNet", "MartletStore",
                "MartletDashboard", logging,
            ]
        ),
        library(
            "MartletGateway",
            [
                "MartletCore", "MartletWire", "MartletRuntime", "MartletCrypto", "MartletProviders", "MartletNet",
                "MartletDelivery", "MartletStore", "MartletStoreSQLite", "MartletEngine", "MartletAdmin",
                "MartletConfig", logging,
            ]
        ),
        // Providers' stand-ins, for users' staging and for tests.
        library(
            "MartletSimulator",
            ["MartletCore", "MartletWire", "MartletRuntime", "MartletCrypto", "MartletProviders", "MartletNet"]
        ),
        .executableTarget(
            name: "martlet",
            dependencies: [
                "MartletCore", "MartletWire", "MartletRuntime", "MartletCrypto", "MartletProviders", "MartletNet",
                "MartletDelivery", "MartletStore", "MartletStoreSQLite", "MartletConfig", "MartletAdmin",
                "MartletGateway", "MartletSimulator", argumentParser, logging,
            ],
            swiftSettings: strict
        ),

        // Test support; the product never links it.
        library(
            "MartletTesting",
            [
                "MartletCore", "MartletWire", "MartletRuntime", "MartletCrypto", "MartletNet", "MartletStore",
                "MartletEngine", "CLinux",
            ]
        ),
        tests(of: "MartletWire"),
        tests(of: "MartletCore", ["MartletWire"]),
        tests(of: "MartletRuntime", ["MartletCore", logging]),
        tests(of: "MartletCrypto", ["MartletCore"]),
        tests(
            of: "MartletProviders",
            ["MartletCore", "MartletWire", "MartletRuntime", "MartletCrypto", "MartletDelivery"]
        ),
        tests(of: "MartletNet", ["MartletCore", "MartletWire", "MartletRuntime", "CLinux"]),
        tests(
            of: "MartletDelivery",
            ["MartletCore", "MartletWire", "MartletRuntime", "MartletNet", "CLinux"],
            // libcurl must see the tests' resolver (ScriptedNames.swift).
            linkerSettings: [.unsafeFlags(["-Xlinker", "--export-dynamic-symbol=getaddrinfo"])]
        ),
        tests(of: "MartletStoreSQLite", ["MartletCore", "MartletWire", "MartletStore", grdb]),
        tests(
            of: "MartletEngine",
            [
                "MartletCore", "MartletWire", "MartletRuntime", "MartletCrypto", "MartletProviders", "MartletStore",
                "MartletStoreSQLite", "MartletDelivery",
            ]
        ),
        tests(of: "MartletAdmin", ["MartletCore", "MartletWire", "MartletRuntime", "MartletNet", "MartletDashboard"]),
        tests(of: "MartletConfig", ["MartletCore", "MartletWire", "MartletCrypto", "MartletProviders"]),
        tests(
            of: "MartletGateway",
            [
                "MartletCore", "MartletWire", "MartletRuntime", "MartletCrypto", "MartletProviders", "MartletNet",
                "MartletDelivery", "MartletStore", "MartletStoreSQLite", "MartletEngine", "MartletAdmin",
                "MartletConfig", "CLinux", grdb,
            ]
        ),
        tests(
            of: "MartletSimulator",
            [
                "MartletCore", "MartletWire", "MartletRuntime", "MartletCrypto", "MartletProviders", "MartletNet",
                "MartletDelivery",
            ]
        ),
        tests(
            of: "martlet",
            [
                "MartletCore", "MartletWire", "MartletRuntime", "MartletCrypto", "MartletNet", "MartletStore",
                "MartletStoreSQLite", "CLinux", argumentParser,
            ]
        ),
    ]
)
