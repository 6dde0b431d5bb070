// SPDX-License-Identifier: Apache-2.0

/// Certificates and keys that were made for these tests and protect nothing.
enum TestPEM {
    /// An authority of its own, valid for a hundred years.
    static let authority = """
        -----BEGIN CERTIFICATE-----
        MIIBjzCCATWgAwIBAgIUIBGWTEJv3TnK1UlkHxy6tOisvSMwCgYIKoZIzj0EAwIw
        HDEaMBgGA1UEAwwRYXV0aG9yaXR5LmV4YW1wbGUwIBcNMjYxMTIxMjMyOTMwWhgP
        MjEyNjEwMjgyMzI5MzBaMBwxGjAYBgNVBAMMEWF1dGhvcml0eS5leGFtcGxlMFkw
        EwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEtDFOtZnqvvP3nkaDJKt1lB6TpwebIQEP
        EXr/9Kp6UqDjVI6J3onAiS9JJk0z+YChI8d3ZV+Gs2qEL4kO8gWKfqNTMFEwHQYD
        VR0OBBYEFIusu54BzvHYzS++1s68iunAzCyQMB8GA1UdIwQYMBaAFIusu54BzvHY
        zS++1s68iunAzCyQMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSAAwRQIg
        f2VzKMoshsXPRHgjA0adUNtb+6Y06aR7Q2UdEzj6m0MCIQDi7ddd7yGNar7RbjOb
        VQWDR/4yjrLmZhnt32SznIgB5g==
        -----END CERTIFICATE-----

        """

    /// Issued by that authority.
    static let client = """
        -----BEGIN CERTIFICATE-----
        MIIBjTCCATKgAwIBAgIUVmOE4qNZqyGZvBRAeXbsNqEE/X0wCgYIKoZIzj0EAwIw
        HDEaMBgGA1UEAwwRYXV0aG9yaXR5LmV4YW1wbGUwIBcNMjYxMTIxMjMyOTMwWhgP
        MjEyNjEwMjgyMzI5MzBaMBkxFzAVBgNVBAMMDmNsaWVudC5leGFtcGxlMFkwEwYH
        KoZIzj0CAQYIKoZIzj0DAQcDQgAEdD6J83j5y1k87SCvJ1MCbQC1OurIM4/0o8Yh
        CWvkzJsiDbZ9ryo3a4Iq24s1DpjL3n4Z4DT2qHtpeeZyCRiYlKNTMFEwHQYDVR0O
        BBYEFEnssJvlwSbyYPWsR6lnOxP4XOJ+MB8GA1UdIwQYMBaAFIusu54BzvHYzS++
        1s68iunAzCyQMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSQAwRgIhAOLB
        UylnmlGReil/od1r202qRKF+QzM8YxR/2GbPfLsVAiEA085jk1rmbqjRY6ZlW858
        EghEa1/Fdet9PDhF1Y7dKjg=
        -----END CERTIFICATE-----

        """

    /// The client's.
    static let clientKey = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgkXzOXaJHKaqUJqyY
        G+LyBOBk1G1Q235dD94RoqLVr8KhRANCAAR0PonzePnLWTztIK8nUwJtALU66sgz
        j/SjxiEJa+TMmyINtn2vKjdrgirbizUOmMvefhngNPaoe2l55nIJGJiU
        -----END PRIVATE KEY-----

        """

    /// The same key behind a passphrase.
    static let encryptedKey = """
        -----BEGIN ENCRYPTED PRIVATE KEY-----
        MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAjP879lL8/qrAICCAAw
        DAYIKoZIhvcNAgkFADAdBglghkgBZQMEAQIEEFsoe526F9uaru4LbTaN+KQEgZB/
        RqHnHr45CifeErjW9RBbGJ6n56gijnpZpoLNsd1M+Np1h0WvvI9AR+nN6vV/D14c
        eOpsAkgfQx37MnkWp8NAMxN55fJLoCf7TVat1aiPiFqp2mZMG+UGXwYWVGd8de8g
        h0zCM4RQHfNAAsfVc6LGsvcUwVuh+5zzB4ZN3hWDR1vm8djekKfZn+x8yKsh9SU=
        -----END ENCRYPTED PRIVATE KEY-----

        """

    /// Valid for a day in 2020.
    static let expired = """
        -----BEGIN CERTIFICATE-----
        MIIBHDCBwgIBATAKBggqhkjOPQQDAjAaMRgwFgYDVQQDDA9leHBpcmVkLmV4YW1w
        bGUwHhcNMjAwMTAxMDAwMDAwWhcNMjAwMTAyMDAwMDAwWjAaMRgwFgYDVQQDDA9l
        eHBpcmVkLmV4YW1wbGUwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAATkK7ZXvzpm
        UK/8Yq2fJ4JwBE/JgqV/7ryd/3S0sK2ZD2fOg30TBz9CWYeQtsKPHeV67rpJtK1M
        0R2e0yEhsDUqMAoGCCqGSM49BAMCA0kAMEYCIQDGz3YPvzBRrkszbbJio3j71B5S
        8ElFfLalw/eO2FtlSgIhAKHtheC8Urv+W+7aqiQWCOSolKgR/C51QOIg1GhNTCvX
        -----END CERTIFICATE-----

        """
}
