import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { createBrowserRouter, RouterProvider } from "react-router";
import { Layout } from "./layout/Layout";
import { BrokenPage, MissingPage } from "./pages/OtherPages";
import { HomePage } from "./pages/HomePage";
import { ProductPage } from "./pages/ProductPage";
import { SearchPage } from "./pages/SearchPage";
import "./styles.css";

// The server gives the page for these addresses: vitrine/gateway/page.py lists them, too.
const router = createBrowserRouter([
  {
    element: <Layout />,
    errorElement: <BrokenPage />,
    children: [
      { path: "/", element: <HomePage /> },
      { path: "/search", element: <SearchPage /> },
      { path: "/product/:id", element: <ProductPage /> },
      { path: "/compare", lazy: async () => ({ Component: (await import("./pages/ComparePage")).ComparePage }) },
      { path: "/about", lazy: async () => ({ Component: (await import("./pages/AboutPage")).AboutPage }) },
      { path: "*", element: <MissingPage /> },
    ],
  },
]);

const root = document.getElementById("root");
if (root)
  createRoot(root).render(
    <StrictMode>
      <RouterProvider router={router} />
    </StrictMode>,
  );
