// Which versions of libcrypto and libsodium run, for `datanet doctor`.

internal import CCrypto
internal import CSodium

public enum CryptographyLibraries {
  /// Name and version of each.
  public static var versions: [(name: String, version: String)] {
    var versions: [(name: String, version: String)] = []
    if let text = unsafe OpenSSL_version(OPENSSL_VERSION_STRING) {
      versions.append(("libcrypto", unsafe String(cString: text)))
    }
    if let text = unsafe sodium_version_string() {
      versions.append(("libsodium", unsafe String(cString: text)))
    }
    return versions
  }
}
