// A note board over HTTP: notes are files below a folder, every connection is served by one of a few threads, and whatever goes wrong is an exception
// that becomes an answer. `POST /notes/NAME` stores the body, `GET /notes/NAME` gives it back, `GET /notes?match=REGEX` lists those whose text matches,
// `GET /stats` counts, `POST /stop` ends the program.
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <mutex>
#include <optional>
#include <regex>
#include <sstream>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace fs = std::filesystem;
using namespace std::chrono_literals;

namespace {

/// What ends a request: the status, and why.
struct HttpError : std::runtime_error {
	HttpError(int status, const std::string &why) : std::runtime_error(why), status(status) {}
	int status;
};

[[noreturn]] void fail(const char *what)
{
	throw std::system_error(errno, std::generic_category(), what);
}

/// A file descriptor that is closed with its owner.
class Socket {
public:
	explicit Socket(int fd) : fd_(fd)
	{
		if (fd < 0)
			fail("socket");
	}
	Socket(Socket &&other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
	Socket &operator=(Socket &&) = delete;
	~Socket()
	{
		if (fd_ >= 0)
			close(fd_);
	}
	int get() const { return fd_; }

private:
	int fd_;
};

struct Request {
	std::string method, path, query, body;
};

/// Reads one request; nothing when the client has closed the connection. What is behind it stays in `rest`.
std::optional<Request> read_request(const Socket &socket, std::string &rest)
{
	auto more = [&] {
		char buffer[4096];
		ssize_t n = recv(socket.get(), buffer, sizeof buffer, 0);
		if (n < 0)
			fail("recv");
		rest.append(buffer, static_cast<size_t>(n));
		return n > 0;
	};
	size_t end;
	while ((end = rest.find("\r\n\r\n")) == std::string::npos)
		if (!more())
			return std::nullopt;
	const std::string head = rest.substr(0, end);
	rest.erase(0, end + 4);

	static const std::regex line(R"(^(GET|POST|DELETE) (/[^ ?]*)(?:\?([^ ]*))? HTTP/1\.[01])");
	static const std::regex length(R"(\r\ncontent-length: *(\d+))", std::regex::icase);
	std::smatch found;
	if (!std::regex_search(head, found, line))
		throw HttpError(400, "not a request");
	Request request{found[1], found[2], found[3], ""};
	if (std::regex_search(head, found, length)) {
		const size_t size = std::stoul(found[1]);
		if (size > 1 << 20)
			throw HttpError(413, "more than a megabyte");
		while (rest.size() < size)
			if (!more())
				return std::nullopt;
		request.body = rest.substr(0, size);
		rest.erase(0, size);
	}
	return request;
}

/// `%41+b` as `Ab`'s sender meant it.
std::string decoded(const std::string &text)
{
	std::string plain;
	for (size_t i = 0; i < text.size(); i++) {
		if (text[i] == '%' && i + 2 < text.size()) {
			plain += static_cast<char>(std::stoi(text.substr(i + 1, 2), nullptr, 16));
			i += 2;
		} else {
			plain += text[i] == '+' ? ' ' : text[i];
		}
	}
	return plain;
}

class Board {
public:
	explicit Board(fs::path folder) : folder_(std::move(folder)) { fs::create_directories(folder_); }

	std::string answer(const Request &request)
	{
		count(request.method);
		if (request.path == "/notes" && request.method == "GET")
			return list(request.query);
		if (request.path.rfind("/notes/", 0) == 0)
			return note(request, request.path.substr(7));
		if (request.path == "/stats")
			return stats();
		throw HttpError(404, "no " + request.path);
	}

private:
	std::string note(const Request &request, const std::string &name)
	{
		static const std::regex allowed("[a-z0-9-]{1,64}");
		if (!std::regex_match(name, allowed))
			throw HttpError(400, "not a name: " + name);
		const fs::path file = folder_ / name;
		std::scoped_lock lock(files_);
		if (request.method == "POST") {
			std::ofstream out(file, std::ios::binary);
			out.exceptions(std::ios::failbit | std::ios::badbit);
			out << request.body;
			out.close();
			fs::last_write_time(file, fs::file_time_type::clock::now());
			return "stored " + std::to_string(fs::file_size(file)) + " bytes\n";
		}
		if (request.method == "DELETE")
			return fs::remove(file) ? "removed\n" : throw HttpError(404, "no note " + name);
		return text_of(file);
	}

	std::string list(const std::string &query)
	{
		static const std::string key = "match=";
		const std::regex wanted(query.rfind(key, 0) == 0 ? decoded(query.substr(key.size())) : "");
		std::map<std::string, size_t> found;
		std::scoped_lock lock(files_);
		for (const auto &entry : fs::directory_iterator(folder_))
			if (std::regex_search(text_of(entry.path()), wanted))
				found[entry.path().filename()] = entry.file_size();
		std::ostringstream out;
		for (const auto &[name, size] : found)
			out << name << ' ' << size << '\n';
		return out.str();
	}

	std::string stats()
	{
		std::scoped_lock lock(counts_lock_);
		std::ostringstream out;
		for (const auto &[method, number] : counts_)
			out << method << ' ' << number << '\n';
		return out.str();
	}

	void count(const std::string &method)
	{
		std::scoped_lock lock(counts_lock_);
		counts_[method]++;
	}

	static std::string text_of(const fs::path &file)
	{
		if (!fs::exists(file))
			throw HttpError(404, "no note " + file.filename().string());
		std::ifstream in(file, std::ios::binary);
		return {std::istreambuf_iterator<char>(in), {}};
	}

	const fs::path folder_;
	std::mutex files_, counts_lock_;
	std::map<std::string, int> counts_;
};

/// Connections that wait for a thread.
class Queue {
public:
	void put(Socket socket)
	{
		std::scoped_lock lock(lock_);
		sockets_.push_back(std::move(socket));
		ready_.notify_one();
	}
	void close()
	{
		std::scoped_lock lock(lock_);
		closed_ = true;
		ready_.notify_all();
	}
	std::optional<Socket> take()
	{
		std::unique_lock lock(lock_);
		ready_.wait(lock, [&] { return closed_ || !sockets_.empty(); });
		if (sockets_.empty())
			return std::nullopt;
		std::optional<Socket> first(std::move(sockets_.front()));
		sockets_.pop_front();
		return first;
	}

private:
	std::mutex lock_;
	std::condition_variable ready_;
	std::deque<Socket> sockets_;
	bool closed_ = false;
};

void respond(const Socket &socket, int status, const std::string &body)
{
	const std::string text = "HTTP/1.1 " + std::to_string(status) + (status < 400 ? " OK" : " Error") +
				 "\r\nContent-Type: text/plain\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
	for (size_t sent = 0; sent < text.size();) {
		const ssize_t n = send(socket.get(), text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
		if (n < 0)
			fail("send");
		sent += static_cast<size_t>(n);
	}
}

class Server {
public:
	Server(uint16_t port, const fs::path &folder) : board_(folder), listener_(socket(AF_INET, SOCK_STREAM, 0))
	{
		const int on = 1;
		setsockopt(listener_.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
		sockaddr_in address{};
		address.sin_family = AF_INET;
		address.sin_port = htons(port);
		if (bind(listener_.get(), reinterpret_cast<sockaddr *>(&address), sizeof address) < 0)
			fail("bind");
		if (listen(listener_.get(), 64) < 0)
			fail("listen");
	}

	/// Serves until somebody asks to stop; returns the number of requests that were answered.
	int run(unsigned threads)
	{
		std::vector<std::thread> workers;
		for (unsigned i = 0; i < threads; i++)
			workers.emplace_back([this] {
				while (auto connection = queue_.take())
					serve(*connection);
			});
		for (;;) {
			const int fd = accept(listener_.get(), nullptr, nullptr);
			if (stopping_)
				break;
			queue_.put(Socket(fd));
		}
		queue_.close();
		for (auto &worker : workers)
			worker.join();
		return answered_;
	}

private:
	/// Nothing that a client does ends more than its own connection.
	void serve(const Socket &socket)
	try {
		for (std::string rest;;) {
			try {
				auto request = read_request(socket, rest);
				if (!request)
					return;
				if (request->path == "/stop" && request->method == "POST")
					return stop(socket);
				respond(socket, 200, board_.answer(*request));
			} catch (const HttpError &error) {
				respond(socket, error.status, std::string(error.what()) + '\n');
				// Where the next request begins is not known then.
				if (error.status == 413)
					return;
			} catch (const std::regex_error &) {
				respond(socket, 400, "not a regular expression\n");
			}
			answered_++;
		}
	} catch (const std::exception &error) {
		std::cerr << "a connection broke: " << error.what() << '\n';
	}

	void stop(const Socket &socket)
	{
		respond(socket, 200, "stopping\n");
		answered_++;
		stopping_ = true;
		shutdown(listener_.get(), SHUT_RDWR);
	}

	Board board_;
	Socket listener_;
	Queue queue_;
	std::atomic<bool> stopping_ = false;
	std::atomic<int> answered_ = 0;
};

} // namespace

int main(int argc, char **argv)
try {
	const auto port = static_cast<uint16_t>(argc > 1 ? std::stoi(argv[1]) : 8080);
	const fs::path folder = fs::temp_directory_path() / ("notes-" + std::to_string(getpid()));
	Server server(port, folder);
	std::cout << "listening on port " << port << std::endl;
	const auto started = std::chrono::steady_clock::now();
	const int answered = server.run(4);
	fs::remove_all(folder);
	if (std::chrono::steady_clock::now() - started <= 0s)
		throw std::logic_error("no time has passed");
	std::cout << "served " << answered << " requests" << std::endl;
} catch (const std::exception &error) {
	std::cerr << argv[0] << ": " << error.what() << '\n';
	return 1;
}
