@fault:spoof @req:FLT-17 @cap:shared-eni @cap:dual-stack
Feature: A pod that lies
  A pod may write raw frames. What is not of the identity that it was given goes
  nowhere and is believed by nobody.

  Scenario Outline: Forged <what> of a pod leave its node by no link
    Addresses of siblings, of the node, of the gateway and of nobody; hardware
    addresses of others. Honest packets go by the same link to the same places.

    Given a node "n1"
    And a pod "a" on "n1"
    And a pod "b" on "n1"
    When "a" forges <what> towards "b", its node and beyond
    Then nothing of it leaves the node, unlike what "a" says in its own name

    Examples:
      | what             |
      | source addresses |
      | DHCP offers      |

  @req:FLT-16
  Scenario Outline: Forged <what> of a pod are believed by nobody
    An unprotected sandbox is told the same and does believe it.

    Given a node "n1"
    And a pod "a" on "n1"
    And a pod "b" on "n1"
    And a sandbox "y" on "n1" that hears "x" unprotected
    When "a" forges <what> towards "b", its node and beyond
    Then nothing of it leaves the node, unlike what "a" says in its own name
    And neither "b" nor its node believes <what> of "a", unlike "y" of "x"

    Examples:
      | what                  |
      | ARP messages          |
      | neighbour messages    |
      | router advertisements |
      | redirects             |

  @req:FLT-16
  Scenario: The links of a pod are deaf to advertisements and redirects
    Given a node "n1"
    And a pod "a" on "n1"
    Then the links of "a" are deaf to advertisements and redirects, at both ends
