package moka.cli.store;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What people call a model that is not a file of theirs. */
public sealed interface ModelName {
    /** {@code hf.co/OWNER/REPO[:QUANT]} or {@code hf.co/OWNER/REPO/FILE.gguf}. */
    record HuggingFace(String owner, String repository, Optional<String> quantization, Optional<String> file)
            implements ModelName {
        @Override
        public String toString() {
            return "hf.co/" + owner + "/" + repository + quantization.map(it -> ":" + it).orElse("")
                    + file.map(it -> "/" + it).orElse("");
        }
    }

    /** {@code NAME[:TAG]} or {@code NAMESPACE/NAME[:TAG]}, as ollama has it. */
    record Ollama(String namespace, String model, String tag) implements ModelName {
        /** The namespace of models without one. */
        static final String LIBRARY = "library";

        @Override
        public String toString() {
            return (namespace.equals(LIBRARY) ? "" : namespace + "/") + model + ":" + tag;
        }
    }

    /** A file on a web server. */
    record Url(URI uri) implements ModelName {
        @Override
        public String toString() {
            return uri.toString();
        }
    }

    /** One path element: no separators, nothing hidden, nothing that leads elsewhere. */
    String PART = "[A-Za-z0-9_][A-Za-z0-9._-]*";

    Pattern HUGGING_FACE = Pattern.compile("(?:https?://)?(?:hf\\.co|huggingface\\.co|www\\.huggingface\\.co)/(" + PART + ")/(" + PART
            + ")(?::(" + PART + ")|/((?:(?:resolve|blob)/main/)?(?:" + PART + "/)*" + PART + "\\.gguf))?/?");
    Pattern OLLAMA = Pattern.compile("(?:(" + PART + ")/)?(" + PART + ")(?::(" + PART + "))?");

    /** The name that a text is, or empty if it is none. */
    static Optional<ModelName> parse(String text) {
        String name = text.strip().replaceFirst("\\?download=true$", "");
        Matcher huggingFace = HUGGING_FACE.matcher(name.startsWith("hf:") ? "hf.co/" + name.substring(3) : name);
        if (huggingFace.matches()) {
            return Optional.of(new HuggingFace(
                    huggingFace.group(1),
                    huggingFace.group(2),
                    Optional.ofNullable(huggingFace.group(3)).filter(it -> !it.equals("latest")),
                    Optional.ofNullable(huggingFace.group(4)).map(it -> it.replaceFirst("^(resolve|blob)/main/", ""))));
        }
        if (name.matches("(?i)https?://.+")) {
            return url(name);
        }
        Matcher ollama = OLLAMA.matcher(name);
        if (ollama.matches() && !name.toLowerCase(Locale.ROOT).endsWith(".gguf")) {
            String namespace = ollama.group(1) == null ? Ollama.LIBRARY : ollama.group(1);
            String tag = ollama.group(3) == null ? "latest" : ollama.group(3);
            return Optional.of(new Ollama(namespace, ollama.group(2), tag));
        }
        return Optional.empty();
    }

    private static Optional<ModelName> url(String text) {
        try {
            URI uri = new URI(text);
            return uri.getHost() == null || uri.getPath() == null || !uri.getPath().matches(".*/[^/]+")
                    ? Optional.empty()
                    : Optional.of(new Url(uri));
        } catch (URISyntaxException e) {
            return Optional.empty();
        }
    }
}
