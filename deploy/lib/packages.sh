# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Sourced by the scripts of this project: Debian and Ubuntu packages, and whether Swift is there.

# What building Martlet needs.
# shellcheck disable=SC2034  # read by the scripts that source this
BUILD_PACKAGES=(libcurl4-openssl-dev libssl-dev libhttp-parser-dev libsqlite3-dev pkg-config)

# Prints those of the given packages that are not installed, in one line.
missing_packages() {
    local package missing=()
    for package in "$@"; do
        [[ $(dpkg-query -W -f='${Status}' "$package" 2>/dev/null) == "install ok installed" ]] ||
            missing+=("$package")
    done
    echo "${missing[*]-}"
}

# Installs what is missing as root or with sudo that asks for no password; otherwise says what to run and fails.
require_packages() {
    local missing administrator=()
    [[ -z ${MARTLET_SKIP_PACKAGES-} ]] || return 0
    if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
        echo "This script installs packages with apt, which this machine lacks. Check that you have what Debian calls:" >&2
        echo "  $*" >&2
        echo "and, once you have it, set MARTLET_SKIP_PACKAGES=1 and run this again." >&2
        return 1
    fi
    missing=$(missing_packages "$@")
    [[ -n $missing ]] || return 0
    if [[ $(id -u) -ne 0 ]]; then
        administrator=(sudo -n)
        if ! command -v sudo >/dev/null || ! sudo -n true 2>/dev/null; then
            echo "Some system packages are missing. Run this line, then run this script again:" >&2
            echo "  sudo apt-get update && sudo apt-get install -y $missing" >&2
            return 1
        fi
    fi
    echo "Installing $missing"
    # shellcheck disable=SC2086  # a list of package names, meant to be split
    install_with_apt() {
        "${administrator[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing
    }
    # A machine whose package lists are older than the archive fails at first.
    if install_with_apt >/dev/null 2>&1; then return 0; fi
    if "${administrator[@]}" apt-get update >/dev/null && install_with_apt >/dev/null; then return 0; fi
    echo "apt could not install: $missing. Run it by hand to see why:" >&2
    echo "  sudo apt-get install -y $missing" >&2
    return 1
}

require_swift() {
    command -v swift >/dev/null && return 0
    echo "Swift is missing. Install Swift 6.2 or newer for Linux from https://www.swift.org/install/linux/," >&2
    echo "see that \"swift --version\" works, then run this again." >&2
    return 1
}

# Builds martlet for release and prints nothing of its own; the path is then `release_program`. Swift's runtime goes into
# the executable where the toolchain can do that (docs/decisions/0005-static-runtime.md).
build_release() {
    local runtime options=()
    runtime=$(swift -print-target-info | sed -n 's/.*"runtimeResourcePath": *"\(.*\)".*/\1/p')
    [[ ! -d ${runtime}_static/linux ]] || options=(--static-swift-stdlib)
    swift build -c release --product martlet "${options[@]}"
}

release_program() { echo "$(swift build -c release --show-bin-path)/martlet"; }
