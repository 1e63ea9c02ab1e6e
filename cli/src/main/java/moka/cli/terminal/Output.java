package moka.cli.terminal;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/**
 * Standard output: UTF-8 whatever the locale, and unlike {@link java.io.PrintStream} it does not swallow errors. Not thread-safe.
 */
public final class Output {
    private static final int BUFFER_BYTES = 1 << 14;

    private final OutputStream stream;
    private final byte[] buffer = new byte[BUFFER_BYTES];
    private int buffered;

    public Output(OutputStream stream) {
        this.stream = stream;
    }

    /** The reader of standard output went away: not an error, there is nobody left to tell. */
    public static final class Closed extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Closed(Throwable cause) {
            super("standard output is closed", cause);
        }
    }

    public Output print(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return write(bytes, bytes.length);
    }

    public Output line(String text) {
        return print(text).print("\n");
    }

    public Output line() {
        return print("\n");
    }

    public Output write(byte[] bytes, int length) {
        if (length > buffer.length - buffered) {
            drain();
        }
        if (length > buffer.length) {
            send(bytes, length);
        } else {
            System.arraycopy(bytes, 0, buffer, buffered, length);
            buffered += length;
        }
        return this;
    }

    /** Hands everything to the operating system. */
    public void flush() {
        drain();
        try {
            stream.flush();
        } catch (IOException e) {
            throw failure(e);
        }
    }

    private void drain() {
        int length = buffered;
        buffered = 0;
        send(buffer, length);
    }

    private void send(byte[] bytes, int length) {
        if (length == 0) {
            return;
        }
        try {
            stream.write(bytes, 0, length);
        } catch (IOException e) {
            throw failure(e);
        }
    }

    private static RuntimeException failure(IOException e) {
        String message = String.valueOf(e.getMessage());
        // EPIPE by its text: Java has no other sign of it. Windows says "The pipe is being closed".
        if (message.contains("Broken pipe") || message.contains("pipe is being closed") || message.contains("Stream Closed")) {
            return new Closed(e);
        }
        return CommandFailure.failed("cannot write to standard output: " + message);
    }
}
