package dev.halfrate.processor.doctor;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.UnknownHostException;

/** Whether a port can be listened on, or is where a process listens already. */
final class PortsCheck {
    private static final int CONNECT_MS_MAX = 2_000;
    private static final int ANSWER_BYTES_MAX = 4_096;

    private PortsCheck() {}

    /** Who has it. */
    enum Holder {
        NOBODY,
        /** A halfrate process that answers. */
        HALFRATE,
        OTHERS,
        /** Nobody could have it with this address. */
        NO_SUCH_ADDRESS,
        FORBIDDEN
    }

    /**
     * @param key that it is set with
     * @param inUse whether a process runs with this configuration's state-dir, so that who holds it is that one
     */
    static Verdict look(String key, String host, int port, boolean inUse) {
        return judge(key, host, port, port == 0 ? Holder.NOBODY : holder(host, port), inUse);
    }

    static Verdict judge(String key, String host, int port, Holder holder, boolean inUse) {
        if (port == 0) {
            return Verdict.ok("none is wanted");
        }
        var where = "%s port %d".formatted(host, port);
        return switch (holder) {
            case NOBODY -> Verdict.ok(where + " is free");
            case HALFRATE -> Verdict.ok(where + " is held by a halfrate that runs here");
            case OTHERS ->
                inUse
                        ? Verdict.ok(where + " is held, and a process runs here with this state-dir")
                        : Verdict.fail(
                                where + " is held by another program",
                                "find it (ss -ltnp | grep :%d) and stop it, or choose another with %s.port"
                                        .formatted(port, key));
            case NO_SUCH_ADDRESS ->
                Verdict.fail(
                        "%s is no address of this machine".formatted(host),
                        "set %s.host to an address of this machine, or 0.0.0.0 for all of them".formatted(key));
            case FORBIDDEN ->
                Verdict.fail(
                        where + " may not be listened on by user " + System.getProperty("user.name", "?"),
                        "choose one above 1023 with %s.port".formatted(key));
        };
    }

    private static Holder holder(String host, int port) {
        try (var socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(InetAddress.getByName(host), port));
            return Holder.NOBODY;
        } catch (UnknownHostException _) {
            return Holder.NO_SUCH_ADDRESS;
        } catch (BindException e) {
            var why = String.valueOf(e.getMessage());
            return why.contains("assign")
                    ? Holder.NO_SUCH_ADDRESS
                    : why.contains("ermission")
                            ? Holder.FORBIDDEN
                            : isHalfrate(host, port) ? Holder.HALFRATE : Holder.OTHERS;
        } catch (IOException _) {
            return Holder.FORBIDDEN;
        }
    }

    /** The way in for operators says to anybody that it is alive. */
    private static boolean isHalfrate(String host, int port) {
        try (var socket = new Socket()) {
            var address = InetAddress.getByName(host);
            socket.connect(
                    new InetSocketAddress(
                            address.isAnyLocalAddress() ? InetAddress.getLoopbackAddress() : address, port),
                    CONNECT_MS_MAX);
            socket.setSoTimeout(CONNECT_MS_MAX);
            socket.getOutputStream()
                    .write("GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".getBytes(US_ASCII));
            var answer = new String(socket.getInputStream().readNBytes(ANSWER_BYTES_MAX), US_ASCII);
            return answer.startsWith("HTTP/1.1 200") && answer.contains("\"alive\"");
        } catch (IOException _) {
            return false;
        }
    }
}
