package moka.cli.store;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/** A web server for tests, which can do to its clients what networks do. */
public final class LoopbackServer implements AutoCloseable {
    private final HttpServer server;
    private final Map<String, byte[]> files = new ConcurrentHashMap<>();
    public final List<String> requests = Collections.synchronizedList(new ArrayList<>());
    final List<String> authorizations = Collections.synchronizedList(new ArrayList<>());
    /** So many files break off after {@link #breakAfter} bytes. */
    public final AtomicInteger breaks = new AtomicInteger();

    public volatile int breakAfter = 1000;
    /** So many answers have the status 503. */
    public final AtomicInteger refusals = new AtomicInteger();

    public volatile boolean ranges = true;
    public volatile boolean stalls;
    public volatile String redirectTo = "";
    /** The header of this name of all answers. */
    public volatile String link = "";

    public LoopbackServer() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", this::answer);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.start();
    }

    public String address() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    public void put(String path, byte[] content) {
        files.put(path, content);
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            String path = exchange.getRequestURI().getPath();
            String range = exchange.getRequestHeaders().getFirst("Range");
            requests.add(path + (range == null ? "" : " " + range));
            authorizations.add(String.valueOf(exchange.getRequestHeaders().getFirst("Authorization")));
            byte[] content = files.get(path);
            if (!redirectTo.isEmpty() && path.contains("/resolve/")) {
                exchange.getResponseHeaders().set("Location", redirectTo + path);
                exchange.sendResponseHeaders(302, -1);
            } else if (content == null) {
                exchange.sendResponseHeaders(404, -1);
            } else if (refusals.getAndUpdate(it -> Math.max(0, it - 1)) > 0) {
                exchange.sendResponseHeaders(503, -1);
            } else {
                send(exchange, content, range);
            }
        }
    }

    private void send(HttpExchange exchange, byte[] content, String range) throws IOException {
        int from = 0;
        exchange.getResponseHeaders().set("ETag", "\"" + java.util.Arrays.hashCode(content) + "\"");
        if (!link.isEmpty()) {
            exchange.getResponseHeaders().set("Link", link);
        }
        String condition = exchange.getRequestHeaders().getFirst("If-Range");
        boolean same = condition == null || condition.equals(exchange.getResponseHeaders().getFirst("ETag"));
        if (range != null && ranges && same) {
            from = Integer.parseInt(range.replaceAll("bytes=(\\d+)-", "$1"));
            if (from >= content.length) {
                exchange.sendResponseHeaders(416, -1);
                return;
            }
            exchange.getResponseHeaders().set("Content-Range", "bytes " + from + "-" + (content.length - 1) + "/" + content.length);
        }
        exchange.sendResponseHeaders(from > 0 ? 206 : 200, content.length - from);
        OutputStream body = exchange.getResponseBody();
        boolean file = !exchange.getRequestURI().getPath().startsWith("/api/");
        int end = file && breaks.getAndUpdate(it -> Math.max(0, it - 1)) > 0 ? Math.min(content.length, from + breakAfter) : content.length;
        body.write(content, from, end - from);
        body.flush();
        if (end < content.length && stalls) {
            try {
                Thread.sleep(60_000);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
