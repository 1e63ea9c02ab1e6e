package moka.cli.store;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
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

/** The files of a repository on Hugging Face, by its HTTP interface ({@code /api/models/OWNER/REPO/tree/main}). */
final class HuggingFace {
    private static final Pattern NEXT_PAGE = Pattern.compile("<([^>]+)>\\s*;\\s*rel=\"next\"");
    private static final int MOST_PAGES = 100;

    private final URI endpoint;
    private final Web web;

    HuggingFace(URI endpoint, Web web) {
        this.endpoint = endpoint;
        this.web = web;
    }

    /** The files that a name means: one, or all parts of a split model. @throws PullException if there are none */
    List<RemoteFile> files(ModelName.HuggingFace name) {
        Map<String, JsonObject> all = tree(name);
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
            JsonObject entry = all.get(folder + part);
            if (entry == null) {
                throw new PullException(name + ": the repository lacks part " + part + " of " + first);
            }
            files.add(file(name, folder + part, entry));
        }
        return files;
    }

    private RemoteFile file(ModelName.HuggingFace name, String path, JsonObject entry) {
        JsonElement lfs = entry.get("lfs");
        Optional<String> sha256 = lfs instanceof JsonObject object && object.has("oid")
                ? Optional.of(object.get("oid").getAsString().replaceFirst("^sha256:", ""))
                        .filter(it -> it.matches("[0-9a-f]{64}"))
                : Optional.empty();
        JsonElement size = entry.get("size");
        return new RemoteFile(
                resolve("/" + name.owner() + "/" + name.repository() + "/resolve/main/" + path),
                path,
                size == null ? OptionalLong.empty() : OptionalLong.of(size.getAsLong()),
                sha256);
    }

    /** Path to entry, of all files; only plain paths that cannot lead out of a folder. */
    private Map<String, JsonObject> tree(ModelName.HuggingFace name) {
        var files = new TreeMap<String, JsonObject>();
        URI page = resolve("/api/models/" + name.owner() + "/" + name.repository() + "/tree/main?recursive=true");
        for (int i = 0; page != null && i < MOST_PAGES; i++) {
            Web.Text answer = web.text(page, Map.of("Accept", "application/json"), name.toString());
            try {
                for (JsonElement element : JsonParser.parseString(answer.text()).getAsJsonArray()) {
                    JsonObject entry = element.getAsJsonObject();
                    String path = entry.get("path").getAsString();
                    if (entry.get("type").getAsString().equals("file") && path.matches(ModelName.PART + "(/" + ModelName.PART + ")*")) {
                        files.put(path, entry);
                    }
                }
            } catch (JsonParseException | IllegalStateException | NullPointerException | UnsupportedOperationException e) {
                throw new PullException(name + ": " + page.getAuthority() + " answers with something else than a list of files", e);
            }
            page = answer.link().map(NEXT_PAGE::matcher).filter(Matcher::find).map(it -> endpoint.resolve(it.group(1))).orElse(null);
        }
        return files;
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
