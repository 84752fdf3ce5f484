package dev.halfrate.simulator;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Request;

/** One vendor's routes, and how it lets callers in and turns them away. */
interface VendorApi {

    /** Whether a path is this vendor's. */
    boolean serves(String path);

    Reply answer(Call call) throws IOException;

    /** The API key that comes with a call. */
    Optional<String> key(Request request);

    RefusedException noKey();

    RefusedException wrongKey(String key);

    /** Keeps apart what one key has at this vendor and at others that share its stores. */
    String accountScope();

    /** The header that tells a caller which account it is. */
    String accountHeader();

    void putHeaders(HttpFields.Mutable headers, String requestId, Duration processingTime);

    /** Puts the vendor's envelope around an error. */
    Reply refusal(int status, OpenAiError error, String requestId);

    static Optional<String> bearer(Request request) {
        return Optional.ofNullable(request.getHeaders().get(HttpHeader.AUTHORIZATION))
                .filter(authorization -> authorization.startsWith("Bearer "))
                .map(authorization ->
                        authorization.substring("Bearer ".length()).strip());
    }
}
