package moka.cli.store;

import java.net.URI;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A file to be downloaded.
 *
 * @param uri where it is
 * @param name file name to be stored under
 * @param bytes its length, if known
 * @param sha256 its checksum in lower-case hexadecimal, if known
 */
record RemoteFile(URI uri, String name, OptionalLong bytes, Optional<String> sha256) {}
