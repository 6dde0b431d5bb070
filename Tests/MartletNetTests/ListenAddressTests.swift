// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletNet
import Testing

@Suite struct ListenAddressTests {
    @Test(arguments: ["127.0.0.1:8080", "0.0.0.0:0", "[::1]:8080", "[2001:db8::1]:65535"])
    func readsWhatItPrints(_ text: String) {
        #expect(ListenAddress(text)?.description == text)
    }

    @Test(arguments: [
        "", ":", "8080", ":8080", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:+1",
        "localhost:80", "::1:8080", "[::1]", "[127.0.0.1]:80", "[]:80", "[::1:80", "127.0.0.1:80 ",
    ]) func refuses(_ text: String) {
        #expect(ListenAddress(text) == nil)
    }
}
