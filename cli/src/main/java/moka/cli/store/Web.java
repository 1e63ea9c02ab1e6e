package moka.cli.store;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.URI;
import java.net.UnknownHostException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import javax.net.ssl.SSLException;

/**
 * Requests to web servers. Redirections are followed here, so that a token for one host is never sent to another.
 *
 * @param client sends; follows no redirection by itself
 * @param token secret of the user, or empty
 * @param tokenHost the only host that is told the token
 * @param stall without a byte, after which a text counts as broken
 */
record Web(HttpClient client, Optional<String> token, String tokenHost, Duration stall) {
    private static final int REDIRECTIONS = 10;
    private static final int LARGEST_TEXT = 64 << 20;
    private static final int BUFFER_BYTES = 1 << 14;
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    /** @param stall without a byte, after which a connection counts as broken */
    static Web of(Optional<String> token, URI tokenHost, Duration stall) {
        HttpClient client = HttpClient.newBuilder()
                .connectTimeout(PATIENCE)
                .followRedirects(HttpClient.Redirect.NEVER)
                .build();
        return new Web(client, token, String.valueOf(tokenHost.getAuthority()), stall);
    }

    /** An answer whose body is still to be read. @throws IOException if the server cannot be reached */
    HttpResponse<InputStream> open(URI uri, Map<String, String> headers) throws IOException {
        URI at = uri;
        for (int i = 0; i <= REDIRECTIONS; i++) {
            HttpResponse<InputStream> response = send(at, headers);
            Optional<String> location = response.headers().firstValue("Location");
            if (response.statusCode() / 100 != 3 || response.statusCode() == 304 || location.isEmpty()) {
                return response;
            }
            response.body().close();
            URI next = address(at, location.get());
            if ("https".equals(at.getScheme()) && !"https".equals(next.getScheme())) {
                throw new PullException(at + " redirects to " + next + ": not followed, it is not encrypted");
            }
            at = next;
        }
        throw new PullException(uri + " redirects more than " + REDIRECTIONS + " times");
    }

    private static URI address(URI at, String location) {
        try {
            return at.resolve(location);
        } catch (IllegalArgumentException e) {
            throw new PullException(at + " redirects to '" + location + "', expected a web address", e);
        }
    }

    private HttpResponse<InputStream> send(URI uri, Map<String, String> headers) throws IOException {
        if (uri.getHost() == null || !String.valueOf(uri.getScheme()).matches("https?")) {
            throw new PullException(uri + ": where the server sends us, expected a web address");
        }
        HttpRequest.Builder request =
                HttpRequest.newBuilder(uri).timeout(PATIENCE).header("User-Agent", "moka");
        headers.forEach(request::header);
        if (token.isPresent() && tokenHost.equals(uri.getAuthority())) {
            request.header("Authorization", "Bearer " + token.get());
        }
        try {
            return client.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new PullException("interrupted", e);
        } catch (IOException e) {
            throw new IOException(uri.getAuthority() + ": " + reason(e), e);
        }
    }

    /** The text of a small answer. @throws PullException for every answer but 200 */
    Text text(URI uri, Map<String, String> headers, String what) {
        try {
            HttpResponse<InputStream> response = open(uri, headers);
            try (InputStream body = response.body()) {
                requireOk(response.statusCode(), uri, what);
                return new Text(text(body, what), response.headers().firstValue("Link"));
            }
        } catch (IOException e) {
            throw new PullException(what + ": " + reason(e), e);
        }
    }

    private String text(InputStream body, String what) {
        var bytes = new ByteArrayOutputStream();
        try (var watch = new StallWatch(body, stall)) {
            byte[] buffer = new byte[BUFFER_BYTES];
            try {
                for (int read; (read = body.read(buffer)) >= 0; ) {
                    watch.progress();
                    bytes.write(buffer, 0, read);
                    if (bytes.size() > LARGEST_TEXT) {
                        throw new PullException(what + ": the server answers with more than " + (LARGEST_TEXT >> 20) + " MiB of text");
                    }
                }
            } catch (IOException e) {
                throw new PullException(what + ": " + (watch.stalled() ? "nothing came any more" : "the connection broke"), e);
            }
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }

    /** @param link the header of this name, which tells where the next page is */
    record Text(String text, Optional<String> link) {}

    /** Says what a status means for the user. */
    static void requireOk(int status, URI uri, String what) {
        if (status == 200 || status == 206) {
            return;
        }
        throw new PullException(what + ": " + switch (status) {
            case 401, 403 -> "the server refuses access (" + status + "): no such model, or it asks for a login: set HF_TOKEN, and accept the model's terms on its page";
            case 404, 410 -> "not found on " + uri.getAuthority();
            case 429 -> uri.getAuthority() + " is asked too often (429): try again later";
            default -> uri.getAuthority() + " answers with status " + status;
        });
    }

    static String reason(IOException e) {
        return switch (e) {
            case HttpTimeoutException timeout -> "no answer within " + PATIENCE.toSeconds() + " s";
            case UnknownHostException unknown -> "unknown host: is there a network?";
            case ConnectException refused when refused.getCause() instanceof UnresolvedAddressException -> "unknown host: is there a network?";
            case ConnectException refused -> "no connection";
            case SSLException ssl -> "no safe connection (" + ssl.getMessage() + ")";
            default -> e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
        };
    }
}
