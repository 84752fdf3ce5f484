package dev.halfrate.processor.provider.http;

import dev.halfrate.processor.provider.FilePosition;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.util.Optional;

/** The rest of a file: asked for as a range, taken only if the answer says that it is that one. */
final class FileRange {
    private FileRange() {}

    static HttpRequest.Builder ask(HttpRequest.Builder request, FilePosition from) {
        if (from.bytes() > 0) {
            request.header("Range", "bytes=%d-".formatted(from.bytes()));
            if (!from.version().isEmpty()) {
                request.header("If-Range", from.version());
            }
        }
        return request;
    }

    /** @return what the answer's body begins at, empty if it is no part of the file that was asked for */
    static Optional<FilePosition> begin(int status, HttpHeaders headers, FilePosition from) {
        var version = version(headers);
        if (status == 200) {
            return Optional.of(new FilePosition(0, 0, version));
        }
        var range = headers.firstValue("Content-Range").orElse("");
        return status == 206
                        && from.bytes() > 0
                        && range.startsWith("bytes %d-".formatted(from.bytes()))
                        && version.equals(from.version())
                ? Optional.of(from)
                : Optional.empty();
    }

    /** @return whether only the file's start can still be asked for */
    static boolean lost(int status, FilePosition from) {
        return from.bytes() > 0 && (status == 206 || status == 416);
    }

    /** Only a strong one vouches for every byte. */
    private static String version(HttpHeaders headers) {
        var tag = headers.firstValue("ETag").orElse("");
        return tag.matches("\"[!#-~]{1,200}\"") ? tag : "";
    }
}
