package dev.halfrate.processor.provider.http;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.UnknownHostException;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpHeaders;
import java.net.http.HttpTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import javax.net.ssl.SSLHandshakeException;

/** What became of one HTTP call. */
public sealed interface Reply {

    /** @return short, for people; in our words, because the client's and the vendor's may quote anything */
    String reason();

    /** An answer to a key of another organization: of ours it says nothing. */
    record Foreign(Answer answer) implements Reply {
        @Override
        public String reason() {
            return "the key is of another organization";
        }
    }

    /** @param body empty if it could not be read to its end */
    record Answer(int status, HttpHeaders headers, byte[] body) implements Reply {
        public boolean ok() {
            return status >= 200 && status < 300;
        }

        /** @return missing if the body is not one JSON object */
        public JsonNode json() {
            return Json.object(body);
        }

        @Override
        public String reason() {
            return ok() ? "HTTP %d, unreadable".formatted(status) : "HTTP " + status;
        }
    }

    /**
     * No status came.
     *
     * @param connected false if the call surely did not get as far as a connection
     */
    record Silence(String reason, boolean connected) implements Reply {

        static Silence of(IOException failure) {
            for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
                switch (cause) {
                    case HttpConnectTimeoutException _ -> {
                        return new Silence("connect timed out", false);
                    }
                    case UnresolvedAddressException _, UnknownHostException _ -> {
                        return new Silence("host name not resolved", false);
                    }
                    case SSLHandshakeException _ -> {
                        return new Silence("TLS handshake failed", false);
                    }
                    case HttpTimeoutException _ -> {
                        return new Silence("timed out", true);
                    }
                    default -> {}
                }
            }
            for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
                if (cause instanceof ConnectException || cause instanceof NoRouteToHostException) {
                    return new Silence("connection refused or no route", false);
                }
            }
            return new Silence("connection broke", true);
        }
    }
}
