package moka.cli.store;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import moka.cli.json.ForeignJson;

/** The files of a repository on Hugging Face, by its HTTP interface ({@code /api/models/OWNER/REPO/tree/main}). */
final class HuggingFace {
    private static final Pattern NEXT_PAGE = Pattern.compile("<([^>]+)>\\s*;\\s*rel=\"next\"");
    private static final int MOST_PAGES = 100;
    private static final int LONGEST_PATH = 1000;
    private static final String PLAIN_PATH = ModelName.PART + "(/" + ModelName.PART + ")*";

    private final URI endpoint;
    private final Web web;

    HuggingFace(URI endpoint, Web web) {
        this.endpoint = endpoint;
        this.web = web;
    }

    /** The files that a name means: one, or all parts of a split model. @throws PullException if there are none */
    List<RemoteFile> files(ModelName.HuggingFace name) {
        Map<String, Entry> all = tree(name);
        List<String> models = all.keySet().stream()
                .filter(it -> ModelFiles.isModel(it.substring(it.lastIndexOf('/') + 1)))
                .toList();
        if (models.isEmpty()) {
            throw new PullException(name + ": the repository has no GGUF file: look for one whose name ends with GGUF");
        }
        String first = Quantizations.choose(models, name)
                .orElseThrow(() -> new PullException(
                        name + ": no such file in the repository, expected one of " + Quantizations.offered(models)));
        String folder = first.substring(0, first.lastIndexOf('/') + 1);
        var files = new ArrayList<RemoteFile>();
        for (String part : ModelFiles.partNames(first.substring(folder.length()))) {
            Entry entry = all.get(folder + part);
            if (entry == null) {
                throw new PullException(name + ": the repository lacks part " + part + " of " + first);
            }
            files.add(file(name, folder + part, entry));
        }
        return files;
    }

    /** What the server says of a file. @param sha256 in lower-case hexadecimal */
    record Entry(OptionalLong bytes, Optional<String> sha256) {
        static Entry of(JsonObject file) {
            Optional<String> sha256 = file.get("lfs") instanceof JsonObject lfs && lfs.has("oid")
                    ? Optional.of(lfs.get("oid").getAsString().replaceFirst("^sha256:", ""))
                            .filter(it -> it.matches("[0-9a-f]{64}"))
                    : Optional.empty();
            JsonElement size = file.get("size");
            return new Entry(size == null ? OptionalLong.empty() : OptionalLong.of(size.getAsLong()), sha256);
        }
    }

    private RemoteFile file(ModelName.HuggingFace name, String path, Entry entry) {
        return new RemoteFile(
                resolve("/" + name.owner() + "/" + name.repository() + "/resolve/main/" + path), path, entry.bytes(), entry.sha256());
    }

    /** Path to entry, of all files. */
    private Map<String, Entry> tree(ModelName.HuggingFace name) {
        var files = new TreeMap<String, Entry>();
        URI page = resolve("/api/models/" + name.owner() + "/" + name.repository() + "/tree/main?recursive=true");
        for (int i = 0; page != null && i < MOST_PAGES; i++) {
            Web.Text answer = web.text(page, Map.of("Accept", "application/json"), name.toString());
            String host = page.getAuthority();
            files.putAll(entries(answer.text())
                    .orElseThrow(() -> new PullException(name + ": " + host + " answers with something else than a list of files")));
            page = answer.link().map(NEXT_PAGE::matcher).filter(Matcher::find).map(it -> next(name, it.group(1))).orElse(null);
        }
        return files;
    }

    /** Of one page, only plain paths that cannot lead out of a folder; nothing if it has another form. */
    static Optional<Map<String, Entry>> entries(String page) {
        return ForeignJson.read(page, list -> {
            var files = new TreeMap<String, Entry>();
            for (JsonElement element : list.getAsJsonArray()) {
                JsonObject entry = element.getAsJsonObject();
                String path = entry.get("path").getAsString();
                if (entry.get("type").getAsString().equals("file") && path.length() <= LONGEST_PATH && path.matches(PLAIN_PATH)) {
                    files.put(path, Entry.of(entry));
                }
            }
            return files;
        });
    }

    private URI next(ModelName.HuggingFace name, String link) {
        try {
            return endpoint.resolve(link);
        } catch (IllegalArgumentException e) {
            throw new PullException(name + ": " + endpoint.getAuthority() + " tells of a next page at '" + link + "', expected a web address", e);
        }
    }

    private URI resolve(String pathAndQuery) {
        int query = pathAndQuery.indexOf('?');
        String path = query < 0 ? pathAndQuery : pathAndQuery.substring(0, query);
        try {
            String base = endpoint.getPath() == null ? "" : endpoint.getPath().replaceFirst("/+$", "");
            return new URI(
                    endpoint.getScheme(), endpoint.getAuthority(), base + path,
                    query < 0 ? null : pathAndQuery.substring(query + 1), null);
        } catch (URISyntaxException e) {
            throw new PullException(endpoint + path + ": no web address: check HF_ENDPOINT", e);
        }
    }
}
