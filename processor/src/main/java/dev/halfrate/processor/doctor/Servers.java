package dev.halfrate.processor.doctor;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.stream.Stream;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;

/** Tries connections. */
final class Servers {
    private static final int CONNECT_MS_MAX = 3_000;

    private Servers() {}

    /**
     * A server that was tried.
     *
     * @param address host:port
     * @param trouble null if it takes connections
     */
    record Tried(String address, Optional<Trouble> trouble) {
        boolean answers() {
            return trouble.isEmpty();
        }

        @Override
        public String toString() {
            return trouble.map(it -> address + ": " + it.words()).orElse(address);
        }
    }

    /** Why a server cannot be reached. */
    enum Trouble {
        NO_ADDRESS("is not host:port", "write it as host:port, such as kafka-0.example:9092"),
        UNKNOWN_HOST(
                "unknown host",
                "look at how the host is spelt, and whether this machine can resolve it: getent hosts HOST"),
        REFUSED(
                "connection refused",
                "nothing listens there: look at the port, and whether the broker runs and listens on that address"),
        TIMED_OUT(
                "no answer to a connection",
                "something on the way drops it: look at firewalls, security groups and network policies"),
        UNREACHABLE("cannot be reached", "look at the network between this machine and that one");

        private final String words;
        private final String todo;

        Trouble(String words, String todo) {
            this.words = words;
            this.todo = todo;
        }

        String words() {
            return words;
        }

        String todo() {
            return todo;
        }
    }

    /** @param addresses host:port each; all are tried at once */
    static List<Tried> tryAll(List<String> addresses) throws InterruptedException {
        var tries = addresses.stream()
                .map(address -> new FutureTask<>(() -> tried(address)))
                .toList();
        tries.forEach(tried -> Thread.ofPlatform().daemon().name("try").start(tried));
        var all = new ArrayList<Tried>();
        for (var tried : tries) {
            try {
                all.add(tried.get());
            } catch (ExecutionException e) {
                throw new IllegalStateException(e);
            }
        }
        return all;
    }

    private static Tried tried(String address) {
        var colon = address.lastIndexOf(':');
        if (colon < 0 || !address.substring(colon + 1).matches("\\d{1,5}")) {
            return new Tried(address, Optional.of(Trouble.NO_ADDRESS));
        }
        try (var _ = connect(address)) {
            return new Tried(address, Optional.empty());
        } catch (IOException | IllegalArgumentException e) {
            return new Tried(address, Optional.of(trouble(e)));
        }
    }

    private static Socket connect(String address) throws IOException {
        var colon = address.lastIndexOf(':');
        var socket = new Socket();
        try {
            socket.connect(
                    new InetSocketAddress(
                            address.substring(0, colon).replaceAll("[\\[\\]]", ""),
                            Integer.parseInt(address.substring(colon + 1))),
                    CONNECT_MS_MAX);
            return socket;
        } catch (IOException | RuntimeException e) {
            socket.close();
            throw e;
        }
    }

    static Trouble trouble(Exception thrown) {
        return switch (thrown) {
            case UnknownHostException _ -> Trouble.UNKNOWN_HOST;
            case SocketTimeoutException _ -> Trouble.TIMED_OUT;
            case IllegalArgumentException _ -> Trouble.NO_ADDRESS;
            default -> String.valueOf(thrown.getMessage()).contains("refused") ? Trouble.REFUSED : Trouble.UNREACHABLE;
        };
    }

    /** @return whether it answers a TLS greeting as TLS; whose certificate it has does not matter */
    static boolean speaksTls(String address) {
        try (var socket = connect(address);
                var tls = (SSLSocket) ((SSLSocketFactory) SSLSocketFactory.getDefault())
                        .createSocket(socket, address.substring(0, address.lastIndexOf(':')), socket.getPort(), true)) {
            tls.setSoTimeout(CONNECT_MS_MAX);
            tls.startHandshake();
            return true;
        } catch (SSLHandshakeException e) {
            // It got as far as a certificate, or an alert about one.
            return !String.valueOf(e.getMessage()).contains("terminated");
        } catch (SSLException _) {
            return false;
        } catch (IOException | RuntimeException _) {
            return false;
        }
    }

    /** @return each, without blanks */
    static List<String> split(String addresses) {
        return Stream.of(addresses.split(",", -1))
                .map(String::strip)
                .filter(address -> !address.isEmpty())
                .toList();
    }
}
